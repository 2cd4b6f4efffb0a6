"""The index is not what it must be: it is made again from the records."""

from __future__ import annotations


class IndexDamaged(Exception):
    """Files are missing, shorter or other than the manifest says, or of another database."""


class IndexBehind(Exception):
    """Not all of the stored events are indexed yet: an answer now would leave some out."""

    def __init__(self, indexed: int, stored: int) -> None:
        super().__init__(
            f"The search index is being made: {indexed:,} of {stored:,} events are in it."
            " No answer is given from a part of them."
        )
        self.indexed = indexed
        self.stored = stored
