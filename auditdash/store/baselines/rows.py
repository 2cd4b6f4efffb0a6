"""What a baseline is made of: its act, its lines, and the file to the byte."""

from __future__ import annotations

from msgspec import Struct

from auditdash.events.instants import Instant


class Line(Struct, frozen=True, kw_only=True):
    """Somebody had something: `line` counts the lines of the file from 1. Kinds are those of nodes
    of access; a role is None where it is not told."""

    line: int
    subject_kind: str
    subject_name: str | None
    subject_id: str | None
    object_kind: str
    object_name: str | None
    object_id: str | None
    role: str | None


class Baseline(Struct, frozen=True, kw_only=True):
    """One list: `lines` of them were there `at` a moment. `imported_seq` and `removed_seq` are the
    events that tell of its import and its removal."""

    id: int
    at: Instant
    name: str
    sha256: bytes
    lines: int
    imported_at: Instant
    imported_by: str
    imported_seq: int
    removed_at: Instant | None
    removed_by: str | None
    removed_seq: int | None

    def is_known(self, seq: int) -> bool:
        """Whether it counts for who sees the events up to this one."""
        removed = self.removed_seq is not None and self.removed_seq <= seq
        return self.imported_seq <= seq and not removed
