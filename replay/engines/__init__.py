"""Engines: pure functions from arrays to arrays. No clock, no files, no chance but a seeded one."""
