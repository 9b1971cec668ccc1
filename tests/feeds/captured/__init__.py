"""Test input that other implementations made, where these cannot be installed beside us. Each says who made it."""
