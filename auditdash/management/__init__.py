"""What people decide about auditdash itself, each decision with the event that tells of it."""
