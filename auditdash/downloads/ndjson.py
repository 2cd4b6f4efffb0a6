"""NDJSON: the records exactly as they came, a line each. Importing it gives the same events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from auditdash.queries.stream import iterate_records
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

MEDIA_TYPE = "application/x-ndjson"


def iterate_ndjson(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[bytes]:
    """A line for each event that was asked for, in pieces of some thousand lines."""
    for records in iterate_records(connection, query, scope, clock):
        yield lines_of(records)


def lines_of(records: Sequence[bytes]) -> bytes:
    """A line each. Line breaks stand between tokens only (strings escape them): a space says the
    same."""
    together = b"\n".join(records) + b"\n"
    if b"\r" in together or together.count(b"\n") != len(records):
        together = b"\n".join(map(_line, records)) + b"\n"
    return together


def _line(record: bytes) -> bytes:
    return record.replace(b"\n", b" ").replace(b"\r", b" ")
