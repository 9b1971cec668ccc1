"""What is believed now: aggregates and projections over the log. Imports bim and events."""
