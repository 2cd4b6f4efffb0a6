"""What reports are made with besides events."""
