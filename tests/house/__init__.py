"""The house itself: what holds for every package."""
