"""Commands about what goes out."""
