"""Backups: folders that hold all of an installation, and say so themselves."""
