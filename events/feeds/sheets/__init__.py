"""Tables as people export them: encodings, title lines, headers, numbers."""
