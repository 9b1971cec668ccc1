"""Decoders of shared bikes, scooters and cars: what they are, where they stand, which stations a document lists."""
