"""Warnings and what they warn of: earthquakes, CAP."""
