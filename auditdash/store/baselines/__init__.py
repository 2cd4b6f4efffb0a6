"""Baselines: lists of who had what at a moment, kept as they came."""
