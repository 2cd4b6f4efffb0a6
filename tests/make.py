"""Builders of records and events for tests. Each takes what differs and fills in the rest."""

from __future__ import annotations

import copy
import json
from typing import Any

from sqlalchemy import Connection

from auditdash.events.catalogue import actions
from auditdash.events.instants import MINUTE, Instant, parse_instant, to_rfc3339
from auditdash.ingest.intake import Receipt, close_receipt, open_receipt, take
from auditdash.ingest.parse import Piece

NOW = parse_instant("2026-11-23T12:00:00Z")
# What is done in auditdash itself comes from no feed.
OURS = frozenset(
    each.name for each in actions() if each.name.startswith(("auditdash_", "report_destination_"))
)

EXAMPLE: dict[str, Any] = {
    "id": "12326c8c-3c13-45a3-9b36-5a16d42937db",
    "action": "connection_group_added_with_role",
    "description": "group added to connection",
    "timestamp": "2025-02-18T10:47:37.000000Z",
    "workspace_username": "charismabrotherscorp",
    "context": {
        "group_id": "4f68a254168a",
        "role": "view",
        "group_name": "internalgroup",
        "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8",
    },
    "actor": {
        "ip": "157.52.123.42",
        "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
        "user_id": "af03c0246b82",
        "username": "peter_parker",
    },
    "entity": {
        "entity_name": "Star Space",
        "entity_type": "workspace_connection",
        "entity_id": "af5aaf31658b",
    },
}


def make_record(**changes: Any) -> dict[str, Any]:
    """The example of Mode's page with changes; a dotted name reaches inside, None removes."""
    record = copy.deepcopy(EXAMPLE)
    for name, value in changes.items():
        *parents, last = name.replace("__", ".").split(".")
        place = record
        for parent in parents:
            place = place[parent]
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return record


def make_raw(**changes: Any) -> bytes:
    """The same as the bytes of one JSON record."""
    return json.dumps(make_record(**changes)).encode()


def one_of_each_action(start: str = "2026-03-02T09:00:00Z") -> list[dict[str, Any]]:
    """A record of each action that a feed may have, a minute apart."""
    first = parse_instant(start)
    return [
        make_record(
            id=f"each-{number:02}",
            action=action.name,
            timestamp=to_rfc3339(Instant(first + number * MINUTE)),
            context__correlation_id=f"corr-{number}",
        )
        for number, action in enumerate(each for each in actions() if each.name not in OURS)
    ]


def store(
    connection: Connection,
    workspace_id: int,
    *records: dict[str, Any] | bytes,
    source: str = "mode",
    now: Instant = NOW,
) -> Receipt:
    """Take records in through the intake, as any of the ways in does."""
    channel = "self" if source == "auditdash" else "file"
    intake = open_receipt(
        connection, workspace_id=workspace_id, source=source, channel=channel, name="test", now=now
    )
    pieces = [
        Piece(f"item {number}", raw if isinstance(raw, bytes) else json.dumps(raw).encode())
        for number, raw in enumerate(records, 1)
    ]
    taken = take(connection, intake, pieces)
    close_receipt(connection, intake, now)
    return taken
