"""The events that a question asks for, in its order, a page at a time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.event import Event
from auditdash.events.instants import Instant, is_instant
from auditdash.queries import scan
from auditdash.queries.compile import compile_query
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Atom, Not, Query, Term
from auditdash.search.scope import Clock, Scope


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
    view = open_view(connection, scope)
    places = scan.find_ordered(
        compile_query(query, view, clock),
        rising=is_rising(query),
        after=None if after is None else (after.occurred_at, after.seq),
        limit=limit + 1,
    )
    seqs = [seq for _, seq in places[:limit]]
    shown = tuple(view.events(seqs))
    more = len(places) > limit
    return Page(events=shown, following=cursor_of(shown[-1]) if more else None)


def is_rising(query: Query) -> bool:
    """Whether the oldest comes first; seq tells events of the same microsecond apart."""
    return query.order == "created-asc"


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


def find_event(connection: Connection, scope: Scope, seq: int) -> Event | None:
    """The event with this number, if it is in sight."""
    view = open_view(connection, scope)
    if not view.has(seq):
        return None
    return next(view.events([seq]))


def count_events(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    """How many events were asked for, exactly."""
    return scan.count(compile_query(query, open_view(connection, scope), clock))


def find_highest_seq(connection: Connection, scope: Scope) -> int:
    """The highest number in sight, 0 when there is no event: what freezes a view."""
    return open_view(connection, scope).highest_seq


def has_events(connection: Connection, scope: Scope, but_source: str) -> bool:
    """Whether anything came in that is not of this source."""
    others = Not(Term("source", (Atom(but_source, quoted=True),)))
    condition = compile_query(Query(others), open_view(connection, scope), _ANY_CLOCK)
    return next(scan.scan(condition), None) is not None


_ANY_CLOCK = Clock(Instant(0), ZoneInfo("UTC"))  # for what does not ask when
