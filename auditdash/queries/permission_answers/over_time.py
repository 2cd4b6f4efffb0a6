"""How many changes gave more, less or as much access, and when."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection

from auditdash.queries.histogram import Histogram
from auditdash.queries.permissions.directions import DIRECTIONS
from auditdash.queries.permissions.selection import answer, select
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope


def count_directions_over_time(
    connection: Connection, query: Query, scope: Scope, clock: Clock, over_time: Histogram
) -> Histogram:
    """The changes of each direction in the buckets of a histogram of the same question."""
    view = open_view(connection, scope)
    starts = [bucket.start or 0 for bucket in over_time.buckets]

    def tell() -> dict[str, tuple[int, ...]]:
        selection = select(view, query, clock)
        width = len(starts)
        buckets = np.searchsorted(starts, selection.column("time"), "right") - 1
        keys = selection.ledger.directions[selection.places].astype(np.int64) * width + buckets
        counts = np.bincount(keys, minlength=width * len(DIRECTIONS)).reshape(-1, width)
        rows = zip(DIRECTIONS, counts.tolist(), strict=True)
        return {direction: tuple(row) for direction, row in rows}

    none: dict[str, tuple[int, ...]] = dict.fromkeys(DIRECTIONS, ())
    what = ("directions over time", tuple(starts))
    return Histogram(
        period=over_time.period,
        unit=over_time.unit,
        zone=over_time.zone,
        buckets=over_time.buckets,
        counts=answer(view, query, clock, what, tell) if starts else none,
    )
