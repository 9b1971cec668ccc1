"""What is given out of a model: registers for other programs."""
