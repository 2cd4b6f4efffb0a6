"""All events that were asked for, one by one, however many: nothing is held but a few rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.queries.compile import compile_query, order_of
from auditdash.queries.rows import event_of, select_events
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.records import open_records

_ROWS_AT_ONCE = 1_000


def iterate_events(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[Event]:
    """The same events in the same order as the timeline shows, from one snapshot."""
    statement = select_events().where(compile_query(query, scope, clock))
    statement = statement.order_by(*order_of(query)).execution_options(yield_per=_ROWS_AT_ONCE)
    records = open_records(connection)
    with connection.execute(statement) as rows:
        for row in rows:
            yield event_of(row, records)
