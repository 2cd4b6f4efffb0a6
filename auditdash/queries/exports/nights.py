"""Exports at night."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.queries.compile import Condition, compile_query
from auditdash.queries.conditions import masks as on
from auditdash.queries.conditions.local_time import night
from auditdash.queries.exports.rows import exports_of
from auditdash.queries.scan import iterate_ordered
from auditdash.queries.sight.views import open_view
from auditdash.queries.timeline import is_rising
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope


def iterate_night_exports(
    connection: Connection, query: Query, scope: Scope, clock: Clock, zone: ZoneInfo
) -> Iterator[Event]:
    """The exports at night by the clock of a zone, of those asked for, as the timeline orders."""
    view = open_view(connection, scope)
    exports = exports_of(compile_query(query, view, clock))
    tests = [night(zone)] if exports.test is None else [night(zone), exports.test]
    condition = Condition(view, exports.period, on.all_of(tests))
    seqs = (
        seq
        for window in iterate_ordered(condition, rising=is_rising(query))
        for seq in window.tolist()
    )
    return view.events(seqs)
