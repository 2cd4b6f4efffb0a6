"""Tests of auditdash/index."""
