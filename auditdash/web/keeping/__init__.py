"""What was written out for one reader, kept for the next who asks the same."""
