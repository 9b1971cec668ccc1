"""Decoders held to the real captures, the standards' vectors, and the law that nothing offered is lost."""
