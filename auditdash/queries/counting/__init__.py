"""Counting by value: codes, the groups that they form, and sums that are kept."""
