"""Aggregates: one file each, in reading order: stream, events, state, decide, evolve."""
