"""Access over time as lanes: for each person or thing one line, and on it when there was access."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from auditdash.downloads.access_rows import role_text
from auditdash.events.instants import DAY, Instant
from auditdash.queries.access import paths as ways
from auditdash.queries.access.rows import (
    Evidence,
    Sight,
    Way,
    iterate_ways,
    of_first_nodes,
    sort_ways,
)
from auditdash.search.scope import Clock
from auditdash.web.access.asked import Asked
from auditdash.web.access.view import NodeView, node_view

WIDTH: Final = 1000  # of the picture, in its own units
_THINNEST: Final = 4


class Bar(Struct, frozen=True, kw_only=True):
    """One stretch of access: `x` and `width` in the picture, and the same in words."""

    x: int
    width: int
    role: str
    since: Instant | None
    until: Instant | None
    told: Evidence | None


class Lane(Struct, frozen=True):
    """All stretches of one, the oldest first."""

    node: NodeView
    kind: str
    bars: tuple[Bar, ...]


class Lanes(Struct, frozen=True, kw_only=True):
    """The lanes that are shown, of `count`; `start` and `end` are the edges of the picture, and
    `x` is the moment that the page is about."""

    lanes: tuple[Lane, ...]
    count: int
    start: Instant
    end: Instant
    x: int


def lanes(
    sight: Sight, node: int, asked: Asked, clock: Clock, *, reached: bool, most: int
) -> Lanes | None:
    """What was given to one person or on one thing itself, ever. None without any."""
    picture = sight.picture
    found = (ways.find_given if reached else ways.find_own)(picture, node, None)
    if not len(found):
        return None
    found = sort_ways(sight, found, "subject" if reached else "object")
    found, count = of_first_nodes(found, "subject" if reached else "object", most)
    start = int(picture.facts.times[0])
    end = max(clock.now, int(picture.facts.times[-1]), start + DAY)
    edges = (start, end)
    rows = sorted(iterate_ways(sight, found), key=lambda way: way.since or 0)
    drawn = []
    names = {(way.subject if reached else way.object): None for way in iterate_ways(sight, found)}
    for each in names:
        own = [way for way in rows if (way.subject if reached else way.object) == each]
        bars = tuple(_bar(way, edges) for way in own)
        drawn.append(Lane(node_view(each, asked), each.kind, bars))
    return Lanes(
        lanes=tuple(drawn),
        count=count,
        start=Instant(start),
        end=Instant(end),
        x=_x(asked.moment.at, edges),
    )


def _bar(way: Way, edges: tuple[int, int]) -> Bar:
    first = 0 if way.since is None else _x(way.since, edges)
    last = WIDTH if way.until is None else _x(way.until, edges)
    return Bar(
        x=min(first, WIDTH - _THINNEST),
        width=max(_THINNEST, last - first),
        role=role_text(way.role, way.object),
        since=way.since,
        until=way.until,
        told=way.given or way.ended,
    )


def _x(at: int, edges: tuple[int, int]) -> int:
    start, end = edges
    return round(min(max(at - start, 0), end - start) * WIDTH / (end - start))
