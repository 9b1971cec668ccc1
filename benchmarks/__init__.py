"""Benchmarks: figures as ratios to the physical limit, run by `make bench`."""
