"""Words and values that every room shares: what an event is and how it is said."""
