"""The commands of `twin`, one module a subject."""
