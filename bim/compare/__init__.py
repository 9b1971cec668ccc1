"""Two models of one building held against each other: which thing is which, and what became of it."""
