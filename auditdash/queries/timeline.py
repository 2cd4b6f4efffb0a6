"""The events that were asked for, page by page, one by one, and counted."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, tuple_

from auditdash.events.errors import BadInput
from auditdash.events.event import Event
from auditdash.events.instants import Instant, is_instant
from auditdash.queries.compile import compile_query, order_of
from auditdash.queries.rows import event_of, select_events
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.records import open_records
from auditdash.store.schema import event_fields

_c = event_fields.c


class Cursor(Struct, frozen=True):
    """The place of one event in the order of a query."""

    occurred_at: Instant
    seq: int


class Page(Struct, frozen=True, kw_only=True):
    """Events in the order of the query; `following` leads to the rest, None at the end."""

    events: tuple[Event, ...]
    following: Cursor | None


def find_events(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    after: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """At most `limit` events after the cursor, which need not be the place of a matching event."""
    condition = compile_query(query, scope, clock)
    if after is not None:
        condition = and_(condition, follows(query, after))
    statement = select_events().where(condition).order_by(*order_of(query)).limit(limit + 1)
    records = open_records(connection)
    found = [event_of(row, records) for row in connection.execute(statement)]
    shown = tuple(found[:limit])
    more = len(found) > limit
    return Page(events=shown, following=cursor_of(shown[-1]) if more else None)


def cursor_of(event: Event) -> Cursor:
    """The place of an event."""
    return Cursor(event.occurred_at, event.seq)


def cursor_text(cursor: Cursor) -> str:
    """A place as an address carries it."""
    return f"{cursor.occurred_at}.{cursor.seq}"


def parse_cursor(text: str) -> Cursor:
    """The place that `cursor_text` wrote; raises BadInput."""
    at, _, seq = text.partition(".")
    digits = (at.removeprefix("-"), seq)
    numbers = all(each.isascii() and each.isdigit() and len(each) < 19 for each in digits)
    if not numbers or not is_instant(int(at)):
        raise BadInput("this is not a place in a list of events", where="after")
    return Cursor(Instant(int(at)), int(seq))


def follows(query: Query, cursor: Cursor) -> ColumnElement[bool]:
    """What stands behind the cursor in the order of the query."""
    place = tuple_(_c.occurred_at, _c.seq)
    edge = tuple_(cursor.occurred_at, cursor.seq)
    return place > edge if query.order == "created-asc" else place < edge


def find_event(connection: Connection, scope: Scope, seq: int) -> Event | None:
    """The event with this number, if it is in sight."""
    if scope.highest_seq is not None and seq > scope.highest_seq:
        return None
    statement = select_events().where(_c.workspace_id == scope.workspace_id, _c.seq == seq)
    row = connection.execute(statement).first()
    return event_of(row, open_records(connection)) if row else None


def count_events(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    """How many events were asked for, exactly."""
    statement = select(func.count()).select_from(event_fields)
    return int(connection.execute(statement.where(compile_query(query, scope, clock))).scalar_one())


def find_highest_seq(connection: Connection, scope: Scope) -> int:
    """The highest number in sight, 0 when there is no event: what freezes a view."""
    statement = select(func.max(_c.seq)).where(_c.workspace_id == scope.workspace_id)
    highest = int(connection.execute(statement).scalar() or 0)
    return highest if scope.highest_seq is None else min(highest, scope.highest_seq)


def has_events(connection: Connection, scope: Scope, but_source: str) -> bool:
    """Whether anything came in that is not of this source."""
    here = _c.workspace_id == scope.workspace_id
    found = exists().where(here, _c.source != but_source)
    return bool(connection.execute(select(found)).scalar())
