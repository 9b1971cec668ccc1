"""Metros: timetables and what stands still."""
