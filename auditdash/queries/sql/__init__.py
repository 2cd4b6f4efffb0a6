"""Summaries that still ask the derived tables."""
