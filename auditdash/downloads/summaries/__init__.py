"""The files of summaries: exports, the inventory, what changed."""
