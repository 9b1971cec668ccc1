"""Mutation testing of the core: small changes that some test must notice (`make mutants`)."""
