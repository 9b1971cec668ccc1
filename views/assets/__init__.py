"""Facts that the app carries: district outlines, the list of sites, and the program that made the outlines."""
