"""Pages that answer what auditors ask: each with its numbers, its files, links to its events."""
