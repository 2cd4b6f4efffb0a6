"""What surrounds every page: the door, the headers, the errors, what templates may call."""
