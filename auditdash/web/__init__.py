"""Pages: one blueprint for each word of the navigation."""
