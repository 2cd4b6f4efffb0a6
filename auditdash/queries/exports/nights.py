"""Exports at night: from when to when in each night, and the events themselves."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.events.instants import DAY, Instant
from auditdash.events.periods import Period
from auditdash.index.events import iterate_numbered
from auditdash.index.view import open_view
from auditdash.queries.compile import Condition, compile_query
from auditdash.queries.conditions import masks as on
from auditdash.queries.conditions.local_time import local_times
from auditdash.queries.conditions.masks import Mask, Rows, Test
from auditdash.queries.exports.order import Ints, lengths_of, starts_of
from auditdash.queries.exports.rows import at_night, exports_of
from auditdash.queries.scan import iterate_ordered
from auditdash.queries.timeline import is_rising
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope


def periods_of(times: Ints, nights: Ints) -> tuple[Period, ...]:
    """From the first to the last export of each night: the instants, rising, and the night of each
    export."""
    if not len(times):
        return ()
    order = np.argsort(nights, kind="stable")
    nights, times = nights[order], times[order]
    starts = starts_of(nights)
    ends = starts + lengths_of(starts, len(nights)) - 1
    pairs = zip(times[starts].tolist(), times[ends].tolist(), strict=True)
    return tuple(Period(Instant(first), Instant(last + 1)) for first, last in pairs)


def iterate_night_exports(
    connection: Connection, query: Query, scope: Scope, clock: Clock, zone: ZoneInfo
) -> Iterator[Event]:
    """The exports at night by the clock of a zone, of those asked for, as the timeline orders."""
    view = open_view(connection, scope)
    exports = exports_of(compile_query(query, view, clock))
    tests = [_by_night(zone)] if exports.test is None else [_by_night(zone), exports.test]
    condition = Condition(view, exports.period, on.all_of(tests))
    seqs = (
        seq
        for window in iterate_ordered(condition, rising=is_rising(query))
        for seq in window.tolist()
    )
    return iterate_numbered(connection, view.workspace_id, view.slug, seqs)


def _by_night(zone: ZoneInfo) -> Test:
    def test(rows: Rows, within: Mask | None) -> Mask:
        return at_night(local_times(rows.times, zone) % DAY)

    return test
