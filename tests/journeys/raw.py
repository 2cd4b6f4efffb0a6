"""The rows of an archive as they lie; journeys hold receipts, pages and other archives to them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from auditdash.events.instants import Instant
from auditdash.records.normalise import normalise
from auditdash.store import schema
from auditdash.store.fields import context_rows, fields_row
from auditdash.store.receipts import COUNTS
from auditdash.store.records import open_records
from auditdash.store.workspaces import find_workspace

_OF_ARRIVAL = {"workspace_id", "seq", "received_at"}


def find_archive(connection: Connection, workspace_id: int) -> dict[str, dict[str, Any]]:
    """Each event of the source mode by its id, with all that is derived from it; nothing of its
    arrival, so that two archives of the same events are equal."""
    events = schema.events
    wanted = select(events).where(events.c.workspace_id == workspace_id, events.c.source == "mode")
    found = {}
    records = open_records(connection)
    for row in connection.execute(wanted).mappings():
        found[row["event_id"]] = {
            "record": records.text(row["record"]),
            "hash": row["content_hash"],
            "occurred_at": row["occurred_at"],
            "fields": _without_arrival(_fields(connection, workspace_id, row["seq"])),
            "context": _context(connection, workspace_id, row["seq"]),
        }
    return found


def check_archive(connection: Connection, workspace_id: int) -> int:
    """Numbers without gaps, receipts that add up to the rows, derived rows that say what the
    records say. The number of events."""
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
        numbered = replace(event, seq=count, received_at=Instant(row["received_at"]))
        assert _fields(connection, workspace_id, count) == fields_row(workspace_id, numbered)
        pairs = {(each["path"], each["value_key"]) for each in context_rows(workspace_id, event)}
        assert _context(connection, workspace_id, count) == pairs
    assert workspace.last_seq == count
    for table in (schema.event_fields, schema.event_context):
        beyond = select(func.count()).where(
            table.c.workspace_id == workspace_id, table.c.seq > count
        )
        assert connection.execute(beyond).scalar_one() == 0
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


def _fields(connection: Connection, workspace_id: int, seq: int) -> dict[str, Any]:
    fields = schema.event_fields
    wanted = select(fields).where(fields.c.workspace_id == workspace_id, fields.c.seq == seq)
    return dict(connection.execute(wanted).mappings().one())


def _context(connection: Connection, workspace_id: int, seq: int) -> set[tuple[str, str]]:
    leaves = schema.event_context
    wanted = select(leaves.c.path, leaves.c.value_key).where(
        leaves.c.workspace_id == workspace_id, leaves.c.seq == seq
    )
    return {(row.path, row.value_key) for row in connection.execute(wanted)}


def _without_arrival(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _OF_ARRIVAL}
