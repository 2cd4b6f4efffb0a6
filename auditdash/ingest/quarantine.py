"""Try again what was not understood: after an upgrade, or after the source was mended."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.ingest.intake import Receipt, close_receipt, open_receipt, take
from auditdash.ingest.normalise import normalise
from auditdash.ingest.parse import Piece
from auditdash.store.quarantine import Rejected, mark_replayed


def replay(
    connection: Connection, workspace_id: int, rejected: Sequence[Rejected], now: Instant
) -> Receipt:
    """Take rows of the quarantine in again; those understood now are marked, the others stay."""
    total = Receipt(id=0)
    for source in sorted({row.source for row in rejected}):
        rows = [row for row in rejected if row.source == source]
        total = _replay_source(connection, workspace_id, source, rows, now).added_to(total)
    return total


def _replay_source(
    connection: Connection, workspace_id: int, source: str, rows: Sequence[Rejected], now: Instant
) -> Receipt:
    intake = open_receipt(
        connection,
        workspace_id=workspace_id,
        source=source,
        channel="replay",
        name="quarantine",
        now=now,
    )
    for row in rows:
        if _is_event(row.record, source):
            mark_replayed(connection, row.id, now)
    take(connection, intake, [Piece(row.position, row.record) for row in rows])
    return close_receipt(connection, intake, now)


def _is_event(record: bytes, source: str) -> bool:
    try:
        normalise(record, source, "")
    except BadInput:
        return False
    return True
