"""In which hours of the week events happen, by the reader's clocks."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

from auditdash.events.calendars import clock_changes
from auditdash.events.instants import DAY, HOUR, parse_instant
from auditdash.queries.compile import compile_query
from auditdash.queries.histogram import find_bounds
from auditdash.queries.steps import step, whole
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import event_fields

DAYS: Final = 7
HOURS: Final = 24
# 1 January 1900 was a Monday. Two weeks more, because a zone may be behind UTC, and integers are
# divided towards zero: the number must not be negative.
_MONDAY: Final = parse_instant("1900-01-01T00:00:00Z") - 14 * DAY


def count_hours_of_week(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> tuple[tuple[int, ...], ...]:
    """Seven rows, Monday first, of 24 numbers: the events in that hour of the local week."""
    counts = [[0] * HOURS for _ in range(DAYS)]
    condition = compile_query(query, scope, clock)
    bounds = find_bounds(connection, condition)
    if bounds is None:
        return tuple(tuple(day) for day in counts)
    changes = clock_changes(*bounds, clock.zone)
    moment = event_fields.c.occurred_at
    # local hours since that Monday, modulo the week
    offset = step(
        moment, [change.at for change in changes[1:]], [c.offset - _MONDAY for c in changes]
    )
    hour = ((moment + offset) // whole(HOUR) % whole(DAYS * HOURS)).label("hour")
    statement = select(hour, func.count()).where(condition).group_by(hour)
    for number, count in connection.execute(statement):
        counts[number // HOURS][number % HOURS] = count
    return tuple(tuple(day) for day in counts)
