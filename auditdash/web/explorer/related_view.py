"""What belongs with one event, made ready for templates/timeline/_related.html."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.events.instants import Instant
from auditdash.events.wording import moment_text, printable, time_text
from auditdash.queries.explore.names import actor_name
from auditdash.queries.explore.related import Kind, Related, find_related
from auditdash.search.scope import Clock, Scope
from auditdash.web import readers
from auditdash.web.explorer.profile_view import events_href
from auditdash.web.frame.explorer import said

_LONGEST: Final = 60


class RelatedRow(Struct, frozen=True, kw_only=True):
    """One event; `is_here` is the one that the page shows."""

    seq: int
    occurred_at: Instant
    when: str
    category: str
    said: Markup
    is_here: bool


class RelatedView(Struct, frozen=True, kw_only=True):
    """`count` events, all of which `href` shows; `left_out` of them are not among the rows."""

    kind: Kind
    title: str
    nothing: str
    count: int
    href: str
    rows: tuple[RelatedRow, ...]

    @property
    def has_others(self) -> bool:
        """Whether there is more than the event itself."""
        return self.count > 1

    @property
    def left_out(self) -> int:
        """How many more there are."""
        return self.count - len(self.rows)


def related_views(
    connection: Connection, event: Event, scope: Scope, clock: Clock
) -> tuple[RelatedView, ...]:
    """The groups of one event, in the reader's zone."""
    found = find_related(connection, event, scope, clock, readers.SOURCE)
    return tuple(_view(each, event, clock.zone) for each in found)


def _view(related: Related, event: Event, zone: ZoneInfo) -> RelatedView:
    title, nothing = _words(related, event)
    day = moment_text(event.occurred_at, zone).partition(",")[0]
    return RelatedView(
        kind=related.kind,
        title=title,
        nothing=nothing,
        count=related.count,
        href=events_href(related.query),
        rows=tuple(
            RelatedRow(
                seq=each.seq,
                occurred_at=each.occurred_at,
                when=_when(each, day, zone),
                category=each.category,
                said=said(each),
                is_here=each.seq == event.seq,
            )
            for each in related.events
        ),
    )


def _when(event: Event, day: str, zone: ZoneInfo) -> str:
    """The time of day, with the day where it is another than that of the page's event."""
    other = moment_text(event.occurred_at, zone).partition(",")[0]
    time = time_text(event.occurred_at, zone)
    return time if other == day else f"{other}, {time}"


def _words(related: Related, event: Event) -> tuple[str, str]:
    minutes = related.minutes
    match related.kind:
        case "correlation":
            return "The same correlation id", "no other event has it."
        case "actor":
            return f"{_short(actor_name(event))}, {minutes} minutes around it", (
                "they did nothing else."
            )
        case "entity":
            name = event.entity.name or event.entity.id
            return f"On {_short(name)}, {minutes} minutes around it", (
                "nothing else was done to it."
            )
    return "Everyone, one minute around it", "nothing else happened."


def _short(name: str | None) -> str:
    text = name or ""
    return printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
