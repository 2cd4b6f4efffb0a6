"""What is new, and what is there no more, between two periods."""
