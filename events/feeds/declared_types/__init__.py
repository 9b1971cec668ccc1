"""Sensor types that are declared in a file, not programmed."""
