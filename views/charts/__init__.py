"""Charts: frames in, Altair charts out; every axis says its unit."""
