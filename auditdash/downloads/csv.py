"""CSV, RFC 4180: UTF-8, a header, CRLF, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from sqlalchemy import Connection

from auditdash.downloads.cells import Value, csv_line
from auditdash.downloads.columns import COLUMNS
from auditdash.downloads.event_lines import EventLines
from auditdash.queries.stream import iterate_stretches
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
_ROWS_AT_ONCE = 500


def iterate_csv(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[bytes]:
    """The header and a row for each event that was asked for, in pieces of some thousand rows."""
    yield csv_line(COLUMNS).encode()
    lines = EventLines()
    for stretch in iterate_stretches(connection, query, scope, clock):
        yield lines.write(stretch)


def iterate_table(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """Any table in the same dialect."""
    lines = chain([csv_line(header)], (csv_line(row) for row in rows))
    while batch := list(islice(lines, _ROWS_AT_ONCE)):
        yield "".join(batch).encode()
