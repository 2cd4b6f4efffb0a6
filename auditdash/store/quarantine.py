"""Records that could not be understood, kept whole until they can be; and conflicts."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, LargeBinary, func, select, update

from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import conflicts, quarantine


class Rejected(Struct, frozen=True, kw_only=True):
    """A row of the quarantine; `replayed_at` says when its record was understood after all."""

    id: int
    source: str
    receipt_id: int
    received_at: Instant
    position: str
    what: str
    place: str
    expected: str
    record: bytes
    replayed_at: Instant | None


class Beginning(Struct, frozen=True, kw_only=True):
    """A row of the quarantine with the first bytes of its record, which may be huge."""

    id: int
    source: str
    receipt_id: int
    received_at: Instant
    position: str
    what: str
    place: str
    expected: str
    replayed_at: Instant | None
    size: int
    beginning: bytes


class Conflict(Struct, frozen=True, kw_only=True):
    """Another content under the source and id of the event `seq`."""

    id: int
    source: str
    event_id: str
    seq: int
    received_at: Instant
    receipt_id: int
    record: str


_REJECTED = tuple(quarantine.c[name] for name in Rejected.__struct_fields__)
_BEGINNING = tuple(quarantine.c[name] for name in Beginning.__struct_fields__[:-2])
_CONFLICT = tuple(conflicts.c[name] for name in Conflict.__struct_fields__)


def insert_rejections(
    connection: Connection, workspace_id: int, rows: Sequence[dict[str, object]]
) -> None:
    """Keep them; the same record of the same source is kept once. Rows lack only hash and owner."""
    if not rows:
        return
    full = [{**row, "workspace_id": workspace_id, "record_hash": _hash(row)} for row in rows]
    connection.execute(insert_new(connection, quarantine), full)


def _hash(row: dict[str, object]) -> bytes:
    record = row["record"]
    assert isinstance(record, bytes)  # noqa: S101  # the caller's type, narrowed
    return sha256(record).digest()


def find_rejected(connection: Connection, workspace_id: int, rejected_id: int) -> Rejected | None:
    """One row of this workspace."""
    found = select(*_REJECTED).where(
        quarantine.c.workspace_id == workspace_id, quarantine.c.id == rejected_id
    )
    row = connection.execute(found).mappings().first()
    return Rejected(**row) if row else None


def list_rejected(
    connection: Connection, workspace_id: int, *, after: int = 0, limit: int = 50
) -> list[Rejected]:
    """Those that wait, whole, oldest first, from behind the id `after`."""
    wanted = select(*_REJECTED).where(*_waiting(workspace_id), quarantine.c.id > after)
    rows = connection.execute(wanted.order_by(quarantine.c.id).limit(limit)).mappings()
    return [Rejected(**row) for row in rows]


def list_beginnings(
    connection: Connection,
    workspace_id: int,
    *,
    after: int = 0,
    limit: int = 50,
    receipt_id: int | None = None,
    longest: int = 2_000,
) -> list[Beginning]:
    """The same with `longest` bytes of each record; of a receipt also what was replayed since."""
    wanted = select(
        *_BEGINNING,
        func.length(quarantine.c.record).label("size"),
        func.substr(quarantine.c.record, 1, longest, type_=LargeBinary).label("beginning"),
    ).where(quarantine.c.workspace_id == workspace_id, quarantine.c.id > after)
    if receipt_id is None:
        wanted = wanted.where(*_waiting(workspace_id))
    else:
        wanted = wanted.where(quarantine.c.receipt_id == receipt_id)
    rows = connection.execute(wanted.order_by(quarantine.c.id).limit(limit)).mappings()
    return [Beginning(**row) for row in rows]


def _waiting(workspace_id: int) -> tuple[ColumnElement[bool], ...]:
    return quarantine.c.workspace_id == workspace_id, quarantine.c.replayed_at.is_(None)


def count_rejected(connection: Connection, workspace_id: int) -> int:
    """How many still wait."""
    waiting = select(func.count()).where(*_waiting(workspace_id))
    return int(connection.execute(waiting).scalar_one())


def mark_replayed(connection: Connection, rejected_id: int, now: Instant) -> None:
    """Its record is an event now."""
    connection.execute(
        update(quarantine).where(quarantine.c.id == rejected_id).values(replayed_at=now)
    )


def list_conflicts(
    connection: Connection, workspace_id: int, *, after: int = 0, limit: int = 50
) -> list[Conflict]:
    """Oldest first, from behind the id `after`."""
    wanted = select(*_CONFLICT).where(
        conflicts.c.workspace_id == workspace_id, conflicts.c.id > after
    )
    rows = connection.execute(wanted.order_by(conflicts.c.id).limit(limit)).mappings()
    return [Conflict(**row) for row in rows]


def find_conflicts(connection: Connection, workspace_id: int, seq: int) -> list[Conflict]:
    """Other contents that came for the event `seq`, oldest first."""
    wanted = select(*_CONFLICT).where(
        conflicts.c.workspace_id == workspace_id, conflicts.c.seq == seq
    )
    rows = connection.execute(wanted.order_by(conflicts.c.id)).mappings()
    return [Conflict(**row) for row in rows]


def count_conflicts(connection: Connection, workspace_id: int) -> int:
    """How many there are."""
    every = select(func.count()).where(conflicts.c.workspace_id == workspace_id)
    return int(connection.execute(every).scalar_one())
