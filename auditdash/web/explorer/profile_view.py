"""What the pages of one actor and one entity show, made ready for templates/profiles/."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from auditdash.charts import links
from auditdash.events.instants import Instant
from auditdash.queries.explore.names import EntityName, missing, narrowed, on_entity, value_of
from auditdash.queries.explore.profiles import Seen
from auditdash.queries.facets import Facet
from auditdash.queries.rankings import Rank, Ranking
from auditdash.search.query import Query
from auditdash.web.frame.event_fields import actor_href, entity_href
from auditdash.web.frame.question import link

TIMELINE: Final = "/timeline"


class Counted(Struct, frozen=True, kw_only=True):
    """A value with its number of events, which `href` shows; `page` leads to its own page."""

    label: str
    count: int
    href: str
    note: str = ""
    page: str = ""
    category: str = ""


class SeenView(Struct, frozen=True, kw_only=True):
    """A value that was used from the first to the last of its events."""

    label: str
    count: int
    href: str
    first_at: Instant
    last_at: Instant
    page: str = ""


def text_of(query: Query) -> str:
    """The text of a query; "" when it is longer than a query may be."""
    return links.link(query)


def events_href(query: Query) -> str:
    """The timeline of a query; "" when it is longer than a query may be."""
    text = links.link(query)
    return link(TIMELINE, text) if text or not query.parts else ""


def choices(facet: Facet, query: Query) -> tuple[Counted, ...]:
    """The values of a facet; each leads to the events that it counts."""
    return tuple(
        Counted(
            label=choice.label,
            count=choice.count,
            category=choice.category,
            href=events_href(narrowed(query, value_of(facet.field, choice.value))),
        )
        for choice in facet.choices
    )


def actors(ranks: Iterable[Rank], query: Query) -> tuple[Counted, ...]:
    """Who occurs most in the events of the query."""
    return tuple(
        Counted(
            label=rank.name,
            count=rank.count,
            href=events_href(narrowed(query, value_of("actor", rank.name))),
            page=actor_href(rank.name),
        )
        for rank in ranks
        if rank.name
    )


def entities(ranking: Ranking, query: Query) -> tuple[Counted, ...]:
    """What occurs most in the events of the query."""
    return tuple(_entity(rank, query) for rank in ranking.ranks)


def _entity(rank: Rank, query: Query) -> Counted:
    named = EntityName(type=rank.type or "", id=rank.id or None, name=rank.name or None)
    parts = on_entity(named).parts
    if not rank.id:
        parts = (*parts, missing("entity_id"))  # one with an id is another entity
    return Counted(
        label=rank.name or rank.id or "",
        note=rank.type or "",
        count=rank.count,
        href=events_href(narrowed(query, *parts)),
        page=entity_href(named),
    )


def seen(found: Iterable[Seen], pages: Sequence[str] = ()) -> tuple[SeenView, ...]:
    """Values with the time they were in use; `pages` are theirs, in the same order."""
    return tuple(
        SeenView(
            label=each.value,
            count=each.count,
            href=events_href(each.query),
            first_at=each.first_at,
            last_at=each.last_at,
            page=pages[number] if pages else "",
        )
        for number, each in enumerate(found)
    )
