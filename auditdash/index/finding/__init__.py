"""How entries of a dictionary are found without looking at each: derived, never stored."""
