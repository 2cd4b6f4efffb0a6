"""What a database says of itself: sums of what came and went, its size, its guards."""
