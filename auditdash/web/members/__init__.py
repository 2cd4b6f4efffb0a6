"""Members of the workspace, what limits them, and the act of revealing addresses."""
