"""Meters: telegrams, interval files, utilities' tables."""
