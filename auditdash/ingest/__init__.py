"""Everything that turns bytes from outside into events, or into rows of the quarantine."""
