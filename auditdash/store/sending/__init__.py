"""What is sent: where to, what became of it, and who has to be told."""
