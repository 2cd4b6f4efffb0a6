"""The rows of an archive as they lie; journeys hold receipts, pages and other archives to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from auditdash.records.normalise import normalise
from auditdash.store import schema
from auditdash.store.receipts import COUNTS
from auditdash.store.records import open_records
from auditdash.store.workspaces import find_workspace


def find_archive(connection: Connection, workspace_id: int) -> dict[str, dict[str, Any]]:
    """Each event of the source mode by its id, with nothing of its arrival,
    so that two archives of the same events are equal."""
    events = schema.events
    wanted = select(events).where(events.c.workspace_id == workspace_id, events.c.source == "mode")
    found = {}
    records = open_records(connection)
    for row in connection.execute(wanted).mappings():
        found[row["event_id"]] = {
            "record": records.text(row["record"]),
            "hash": row["content_hash"],
            "occurred_at": row["occurred_at"],
        }
    return found


def check_archive(connection: Connection, workspace_id: int) -> int:
    """Numbers without gaps, receipts that add up to the rows, rows that say what the records say.
    The number of events."""
    workspace = find_workspace(connection, workspace_id)
    assert workspace is not None
    events = schema.events
    rows = connection.execute(
        select(events).where(events.c.workspace_id == workspace_id).order_by(events.c.seq)
    ).mappings()
    count = 0
    records = open_records(connection)
    for count, row in enumerate(rows, 1):
        assert row["seq"] == count
        event = normalise(records.raw(row["record"]), row["source"], workspace.slug)
        assert (event.id, event.content_hash) == (row["event_id"], row["content_hash"])
        assert event.occurred_at == row["occurred_at"]
    assert workspace.last_seq == count
    _check_receipts(connection, workspace_id, count)
    return count


def _check_receipts(connection: Connection, workspace_id: int, count: int) -> None:
    receipts = schema.receipts
    rows = connection.execute(
        select(receipts).where(receipts.c.workspace_id == workspace_id)
    ).mappings()
    added = 0
    for row in rows:
        assert row["received"] == sum(row[name] for name in COUNTS[1:])
        added += row["added"]
        own = select(func.count()).where(schema.events.c.receipt_id == row["id"])
        assert connection.execute(own).scalar_one() == row["added"]
    assert added == count
