"""One record as it came, to an Event: strict, pure, the same each time it is asked."""
