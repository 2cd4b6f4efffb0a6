"""Conditions on rows: what `compile` puts a question together from."""
