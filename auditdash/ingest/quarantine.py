"""Try again what was not understood: after an upgrade, or after the source was mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.ingest.intake import Intake, Receipt, close_receipt, open_receipt, take
from auditdash.ingest.parse import Piece
from auditdash.records.normalise import normalise
from auditdash.store.engine import reading, writing
from auditdash.store.quarantine import Rejected, list_rejected, mark_replayed

_AT_ONCE = 20  # each may have megabytes


def replay(
    connection: Connection, workspace_id: int, rejected: Sequence[Rejected], now: Instant
) -> Receipt:
    """Take rows of the quarantine in again; those understood now are marked, the others stay."""
    intakes: dict[str, Intake] = {}
    total = _replay(connection, workspace_id, rejected, now, intakes)
    for intake in intakes.values():
        close_receipt(connection, intake, now)
    return total


def replay_all(engine: Engine, workspace_id: int, now: Instant) -> Receipt:
    """The same for all that wait, step by step; one receipt for each source, the last is named."""
    intakes: dict[str, Intake] = {}
    total = Receipt(id=0)
    for rows in _batches(engine, workspace_id):
        with writing(engine) as connection:
            total = _replay(connection, workspace_id, rows, now, intakes).added_to(total)
    with writing(engine) as connection:
        for intake in intakes.values():
            close_receipt(connection, intake, now)
    return total


def iterate_waiting(engine: Engine, workspace_id: int) -> Iterator[Rejected]:
    """All that wait, oldest first, few at a time in memory."""
    for rows in _batches(engine, workspace_id):
        yield from rows


def _batches(engine: Engine, workspace_id: int) -> Iterator[list[Rejected]]:
    after = 0
    while True:
        with reading(engine) as connection:
            rows = list_rejected(connection, workspace_id, after=after, limit=_AT_ONCE)
        if not rows:
            return
        yield rows
        after = rows[-1].id


def _replay(
    connection: Connection,
    workspace_id: int,
    rejected: Sequence[Rejected],
    now: Instant,
    intakes: dict[str, Intake],
) -> Receipt:
    total = Receipt(id=0)
    for source in sorted({row.source for row in rejected}):
        if source not in intakes:
            intakes[source] = open_receipt(
                connection,
                workspace_id=workspace_id,
                source=source,
                channel="replay",
                name="quarantine",
                now=now,
            )
        rows = [row for row in rejected if row.source == source]
        for row in rows:
            if _is_event(row.record, source):
                mark_replayed(connection, row.id, now)
        pieces = [Piece(row.position, row.record) for row in rows]
        total = take(connection, intakes[source], pieces).added_to(total)
    return total


def _is_event(record: bytes, source: str) -> bool:
    try:
        normalise(record, source, "")
    except BadInput:
        return False
    return True
