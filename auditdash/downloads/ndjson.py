"""NDJSON: the records exactly as they came, a line each. Importing it gives the same events."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Connection

from auditdash.queries.stream import iterate_events
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_ROWS_AT_ONCE = 500


def iterate_ndjson(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[bytes]:
    """A line for each event that was asked for, in pieces of some hundred lines."""
    lines = (_line(event.record) for event in iterate_events(connection, query, scope, clock))
    while batch := list(islice(lines, _ROWS_AT_ONCE)):
        yield b"".join(batch)


def _line(record: str) -> bytes:
    """Line breaks stand between tokens only (strings escape them): a space says the same."""
    return record.replace("\n", " ").replace("\r", " ").encode() + b"\n"
