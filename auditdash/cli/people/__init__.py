"""Commands about who may look at a workspace."""
