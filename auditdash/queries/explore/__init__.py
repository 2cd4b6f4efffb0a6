"""Questions about one name or one event: its profile, its access, what stands around it."""
