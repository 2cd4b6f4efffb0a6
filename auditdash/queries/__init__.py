"""Questions asked of the store: one module for each, all through compile."""
