"""Laws of `events`."""
