"""Times as feeds write them."""
