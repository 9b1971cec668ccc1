"""Laws of `twin`."""
