"""Settings → Tokens."""
