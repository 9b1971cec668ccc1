"""Weather stations."""
