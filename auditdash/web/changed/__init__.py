"""What changed between two periods: the page and its file."""
