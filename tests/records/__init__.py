"""Tests of auditdash/records."""
