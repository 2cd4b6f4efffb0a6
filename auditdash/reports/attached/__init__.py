"""The files inside a report: how they are written, counted, hashed and drawn from."""
