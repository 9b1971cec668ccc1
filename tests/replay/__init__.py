"""Laws of `replay`."""
