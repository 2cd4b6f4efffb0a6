"""The result on one page: numbers, lights, what changed, and what is not covered."""
