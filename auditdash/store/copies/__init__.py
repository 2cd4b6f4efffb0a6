"""Whole databases copied while others write, and put back; what a copy holds."""
