"""Stored forms of columnar events as they were first written. Never rewritten: a new form gets a new file.

`python -m tests.events.golden` writes the files that are absent.
"""
