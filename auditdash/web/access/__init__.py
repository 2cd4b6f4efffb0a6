"""The pages of access, as of any moment."""
