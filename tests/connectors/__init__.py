"""Feeds fetched from a server of this machine that can do all that servers do."""
