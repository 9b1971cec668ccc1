"""What the parsing process does with ifcopenshell, and nobody else."""
