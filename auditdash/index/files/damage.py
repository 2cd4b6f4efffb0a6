"""The index is not what it must be: it is made again from the records."""

from __future__ import annotations


class IndexDamaged(Exception):
    """Files are missing, shorter or other than the manifest says, or of another database."""
