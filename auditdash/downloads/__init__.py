"""Files that a reader takes away."""
