"""The process that prints: its fonts, its limits, and how it is spoken to."""
