"""A self-hosted compliance dashboard for audit events."""
