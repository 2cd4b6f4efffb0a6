"""What a timeline shows, made ready for its templates: rows by the day, and what to leave out
where nothing is found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.catalogue import category_label
from auditdash.events.event import Event
from auditdash.events.instants import to_datetime, to_rfc3339
from auditdash.events.periods import local_date
from auditdash.events.wording import day_text, printable, sentence_parts, zone_text
from auditdash.queries.timeline import Cursor, count_events
from auditdash.search.print import print_node, print_query
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.web.frame.question import link, without_part

_WEEKDAYS: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday"),
    *("Friday", "Saturday", "Sunday"),
)
_EVENT: Final = "/timeline/event/"
_LONGEST_NAME: Final = 160  # a name may be 64 KB long: a row shows its beginning
_LONGEST_IP: Final = 45
_MOST_SUGGESTIONS: Final = 6


class Row(Struct, frozen=True, kw_only=True):
    """One event on one line, every word ready: a page of them is made in a millisecond.

    `instant` is RFC 3339, `time` of the reader's clocks; `ip` is "" where there is none.
    """

    href: str
    instant: str
    time: str
    category: str
    label: str
    said: Markup
    ip: str


class Day(Struct, frozen=True, kw_only=True):
    """Events of one local day; `continued` when its head stands on the page before."""

    weekday: str
    text: str
    zone: str
    continued: bool
    rows: tuple[Row, ...]


class Drop(Struct, frozen=True, kw_only=True):
    """A part of the query, and what is found without it."""

    text: str
    count: int
    href: str


def days_of(
    events: Sequence[Event], zone: ZoneInfo, after: Cursor | None = None, text: str = ""
) -> tuple[Day, ...]:
    """Events, in their order, by the local day; `after` is where the page before ended.

    `text` is the query that the page of an event leads back to.
    """
    before = local_date(after.occurred_at, zone) if after else None
    asked = f"?{urlencode({'q': text})}"
    moments = [(to_datetime(event.occurred_at, zone), event) for event in events]
    days = []
    for day, group in groupby(moments, lambda moment: moment[0].date()):
        members = tuple(group)
        first = members[0][1].occurred_at
        days.append(
            Day(
                weekday=_WEEKDAYS[day.weekday()],
                text=day_text(first, zone),
                zone=zone_text(first, zone),
                continued=day == before,
                rows=tuple(_row(event, moment, asked) for moment, event in members),
            )
        )
    return tuple(days)


def _row(event: Event, moment: datetime, asked: str) -> Row:
    return Row(
        href=f"{_EVENT}{event.seq}{asked}",
        instant=to_rfc3339(event.occurred_at),
        time=f"{moment:%H:%M:%S}",
        category=event.category,
        label=category_label(event.category),
        said=said(event),
        ip=printable(event.actor.ip[:_LONGEST_IP]) if event.actor.ip else "",
    )


def said(event: Event) -> Markup:
    """What happened, each name in a bdi of its own, long ones cut."""
    return Markup("").join(
        escape(part.text) if part.kind == "text" else _named(part.kind, _shorten(part.text))
        for part in sentence_parts(event)
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"


@lru_cache(maxsize=4096)  # the rows of a page name few people and things, each of them often
def _named(kind: str, text: str) -> Markup:
    return Markup('<bdi class="said-{}">{}</bdi>').format(kind, text)


def suggestions(
    connection: Connection, query: Query, scope: Scope, clock: Clock, path: str
) -> tuple[Drop, ...]:
    """What would be found without one part of a query that finds nothing, most first."""
    drops = []
    for number, part in enumerate(query.parts[:_MOST_SUGGESTIONS]):
        rest = without_part(query, number)
        count = count_events(connection, rest, scope, clock)
        drops.append(Drop(text=print_node(part), count=count, href=link(path, print_query(rest))))
    return tuple(sorted((drop for drop in drops if drop.count), key=lambda drop: -drop.count))
