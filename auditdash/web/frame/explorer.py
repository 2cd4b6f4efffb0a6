"""What a timeline shows, made ready for its templates: days, facets, suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.events.folding import fold_case
from auditdash.events.periods import local_date
from auditdash.events.wording import day_text, printable, zone_text
from auditdash.queries.facets import Facet
from auditdash.queries.timeline import Cursor, count_events
from auditdash.search import edit
from auditdash.search.print import print_node, print_query
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.web.frame.question import link, without_part

_WEEKDAYS: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday"),
    *("Friday", "Saturday", "Sunday"),
)
_TITLES: Final = {"category": "Category", "action": "Action", "actor": "Actor"}
_MOST_SUGGESTIONS: Final = 6


class Day(Struct, frozen=True, kw_only=True):
    """Events of one local day; `continued` when its head stands on the page before."""

    weekday: str
    text: str
    zone: str
    continued: bool
    events: tuple[Event, ...]


class ChoiceView(Struct, frozen=True, kw_only=True):
    """One value of a facet: `href` chooses it, or lets it go when `state` is in or out."""

    label: str
    count: int
    category: str
    state: str
    href: str
    exclude: str


class FacetView(Struct, frozen=True, kw_only=True):
    """One facet; `clear` lets go of all its values, "" when none is chosen."""

    title: str
    choices: tuple[ChoiceView, ...]
    others: int
    other_count: int
    clear: str


class Drop(Struct, frozen=True, kw_only=True):
    """A part of the query, and what is found without it."""

    text: str
    count: int
    href: str


def days_of(
    events: Sequence[Event], zone: ZoneInfo, after: Cursor | None = None
) -> tuple[Day, ...]:
    """Events, in their order, by the local day; `after` is where the page before ended."""
    before = local_date(after.occurred_at, zone) if after else None
    days = []
    for day, group in groupby(events, lambda event: local_date(event.occurred_at, zone)):
        members = tuple(group)
        first = members[0].occurred_at
        days.append(
            Day(
                weekday=_WEEKDAYS[day.weekday()],
                text=day_text(first, zone),
                zone=zone_text(first, zone),
                continued=day == before,
                events=members,
            )
        )
    return tuple(days)


def facet_views(
    facets: Sequence[Facet], path: str, text: str, query: Query
) -> tuple[FacetView, ...]:
    """Facets whose values are links that edit the text."""
    return tuple(_facet_view(facet, path, text, query) for facet in facets)


def _facet_view(facet: Facet, path: str, text: str, query: Query) -> FacetView:
    field = facet.field
    states = dict.fromkeys(edit.chosen(query, field), "in")
    states |= dict.fromkeys(edit.chosen(query, field, excluded=True), "out")
    choices = []
    for choice in facet.choices:
        state = states.get(fold_case(choice.value), "")
        change = edit.without if state else edit.include
        choices.append(
            ChoiceView(
                label=printable(choice.label),
                count=choice.count,
                category=choice.category,
                state=state,
                href=link(path, change(text, field, choice.value)),
                exclude=link(path, edit.exclude(text, field, choice.value)),
            )
        )
    if facet.missing:
        choices.append(_missing(facet, path, text))
    return FacetView(
        title=_TITLES[field],
        choices=tuple(choices),
        others=facet.others,
        other_count=facet.other_count,
        clear=link(path, edit.without(text, field)) if states else "",
    )


def _missing(facet: Facet, path: str, text: str) -> ChoiceView:
    return ChoiceView(
        label=f"no {facet.field}",
        count=facet.missing,
        category="",
        state="",
        href=link(path, edit.include(text, facet.field, None)),
        exclude=link(path, edit.exclude(text, facet.field, None)),
    )


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
