"""A copy is not what it must be."""

from __future__ import annotations

from auditdash.events.errors import BadInput


class CopyDamaged(BadInput):
    """Says where and what; nothing has been put back from it."""

    def __init__(self, what: str, *, where: str) -> None:
        super().__init__(what, where=where, expected="another backup: this one cannot be used")
