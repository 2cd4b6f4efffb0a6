"""Tests of reports on their way."""
