"""Tests: each states a law of the system."""
