"""What pages are made of: what templates may call, and rows turned into what a page shows."""
