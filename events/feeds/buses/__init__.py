"""Decoders of buses, trams and trains: what runs, where it is, when it comes, and what is amiss."""
