"""Signing in with more than a password, proving it again, and a person's own account."""
