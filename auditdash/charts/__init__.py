"""Pictures: one Series behind the screen, the paper and the table."""
