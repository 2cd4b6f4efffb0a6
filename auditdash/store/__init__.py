"""The database: its schema, its two dialects, and the only INSERT of an event."""
