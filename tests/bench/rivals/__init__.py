"""What auditdash is measured against. Runs with the Python of the peers' own environment."""
