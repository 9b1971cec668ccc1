"""Projections: pure folds of the log into what is believed now and what was believed then."""
