"""What monitors ask: signs of life, whether it is ready."""
