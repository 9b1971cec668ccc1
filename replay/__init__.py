"""What was, and what if: cuts, branches, scenarios. Imports twin, events, and building tables through the archive."""
