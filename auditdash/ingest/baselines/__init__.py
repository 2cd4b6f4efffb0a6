"""Baselines in: a CSV of who had what at a moment, checked whole and kept with the act."""
