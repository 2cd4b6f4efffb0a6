"""All events that were asked for, one by one, however many: nothing is held but a few rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.index.events import iterate_numbered
from auditdash.index.view import open_view
from auditdash.queries import scan
from auditdash.queries.compile import compile_query
from auditdash.queries.timeline import is_rising
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope


def iterate_events(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[Event]:
    """The same events in the same order as the timeline shows, from one snapshot."""
    view = open_view(connection, scope)
    condition = compile_query(query, view, clock)
    seqs = (
        seq
        for window in scan.iterate_ordered(condition, rising=is_rising(query))
        for seq in window.tolist()
    )
    return iterate_numbered(connection, view.workspace_id, view.slug, seqs)
