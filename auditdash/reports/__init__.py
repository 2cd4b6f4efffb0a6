"""PDF reports: what they say, how they are made, and when."""
