"""Reports on their way: when they are due, where they go, what is written with them."""
