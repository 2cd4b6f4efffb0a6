"""Downloads that are made by workers and kept for some days."""
