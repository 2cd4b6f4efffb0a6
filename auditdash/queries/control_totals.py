"""Control totals of a report: its events per local day, and the balance of what came in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection, func, select

from auditdash.events.instants import DAY, Instant
from auditdash.queries import scan
from auditdash.queries.compile import compile_query
from auditdash.queries.conditions.local_time import local_times
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.receipts import COUNTS
from auditdash.store.schema import receipts

_FIRST: Final = date(1970, 1, 1)


class Received(Struct, frozen=True, kw_only=True):
    """What came from one source: received = added + known + conflicting + rejected."""

    source: str
    deliveries: int
    received: int
    added: int
    known: int
    conflicting: int
    rejected: int


def count_by_day(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> dict[date, int]:
    """Each day with events by the calendar of the clock's zone, in order."""
    view = open_view(connection, scope)
    counts: Counter[int] = Counter()
    for found in scan.scan(compile_query(query, view, clock)):
        days, numbers = np.unique(local_times(found.times, clock.zone) // DAY, return_counts=True)
        for day, number in zip(days.tolist(), numbers.tolist(), strict=True):
            counts[day] += number
    return {_FIRST + timedelta(days=day): counts[day] for day in sorted(counts)}


def count_events(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    """How many events the query asks for."""
    return scan.count(compile_query(query, open_view(connection, scope), clock))


def count_received(
    connection: Connection, scope: Scope, since: Instant, until: Instant
) -> list[Received]:
    """Each source with its deliveries that began at `since` or later and were done by `until`.

    Whatever is still coming in is left out: its counts would be others when asked again.
    """
    sums = [func.sum(receipts.c[name]).label(name) for name in COUNTS]
    wanted = (
        select(receipts.c.source, func.count().label("deliveries"), *sums)
        .where(
            receipts.c.workspace_id == scope.workspace_id,
            receipts.c.started_at >= since,
            receipts.c.finished_at <= until,
        )
        .group_by(receipts.c.source)
        .order_by(receipts.c.source)
    )
    return [_received(row) for row in connection.execute(wanted).mappings()]


def _received(row: Mapping[Any, Any]) -> Received:
    # PostgreSQL sums to Decimal.
    counts = {name: int(row[name]) for name in ("deliveries", *COUNTS)}
    return Received(source=row["source"], **counts)


def iterate_seqs(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Iterator[int]:
    """The numbers of all events that the query asks for, in no order that means anything."""
    view = open_view(connection, scope)
    for found in scan.scan(compile_query(query, view, clock)):
        yield from found.seqs.tolist()
