"""The file of access by how long it lasted."""

from __future__ import annotations

from typing import Final

from auditdash.downloads.cells import Value
from auditdash.downloads.permission_rows import object_text
from auditdash.downloads.tables.table import Table, columns_of
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.queries.permission_answers.lasting import Lasted, Lasting, span_of

COLUMNS: Final = (
    "kind",
    "given_at",
    "taken_at",
    "seconds",
    "subject_type",
    "subject_name",
    "subject_id",
    "object",
    "entity_type",
    "entity_id",
    "role",
    "given_by",
    "taken_by",
    "given_seq",
    "taken_seq",
)
_TYPED: Final = columns_of(COLUMNS, whole="seconds")
_SECOND: Final = 1_000_000


def lasting_table(found: Lasting, now: Instant) -> Table:
    """The header, access that was taken soon, access that was never taken."""
    both = (("temporary", found.temporary), ("standing", found.standing))
    return Table(_TYPED, (_cells(kind, each, now) for kind, some in both for each in some))


def _cells(kind: str, lasted: Lasted, now: Instant) -> tuple[Value, ...]:
    given, taken = lasted.given.event, lasted.taken.event if lasted.taken else None
    start, end = span_of(lasted, now)
    return (
        kind,
        to_rfc3339(start),
        None if taken is None else to_rfc3339(end),
        (end - start) // _SECOND,
        given.subject.type,
        given.subject.name,
        given.subject.id,
        object_text(given),
        given.entity.type,
        given.entity.id,
        given.role,
        given.actor.username or given.actor.id,
        None if taken is None else taken.actor.username or taken.actor.id,
        given.seq,
        None if taken is None else taken.seq,
    )
