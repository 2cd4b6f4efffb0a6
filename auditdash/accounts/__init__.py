"""Who may come in: people, their sessions, and tokens for programs."""
