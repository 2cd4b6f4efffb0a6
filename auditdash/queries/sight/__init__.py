"""What a reader sees of the events."""
