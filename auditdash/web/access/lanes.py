"""Access over time as lanes: for each person or thing one line, and on it when there was access."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from msgspec import Struct

from auditdash.downloads.access_rows import role_text
from auditdash.events.instants import DAY, Instant
from auditdash.events.periods import local_date, midnight
from auditdash.queries.access import paths as ways
from auditdash.queries.access.nodes import Node
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
    `x` is the moment that the page is about. The picture ends with today, so the same is drawn up
    to `until`."""

    lanes: tuple[Lane, ...]
    count: int
    start: Instant
    end: Instant
    x: int
    until: Instant


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
    tonight = midnight(local_date(clock.now, clock.zone) + timedelta(days=1), clock.zone)
    end = max(tonight, int(picture.facts.times[-1]), start + DAY)
    edges = (start, end)
    rows: dict[Node, list[Way]] = {}
    for way in iterate_ways(sight, found):
        rows.setdefault(way.subject if reached else way.object, []).append(way)
    x = _x(asked.moment.at, edges)
    return Lanes(
        lanes=tuple(
            Lane(
                node_view(each, asked),
                each.kind,
                tuple(_bar(way, edges) for way in sorted(own, key=lambda way: way.since or 0)),
            )
            for each, own in rows.items()
        ),
        count=count,
        start=Instant(start),
        end=Instant(end),
        x=x,
        until=Instant(tonight - 1 if asked.moment.day else min(tonight - 1, _until(x, edges))),
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


def _until(x: int, edges: tuple[int, int]) -> int:
    """The last moment, but for a millisecond of rounding, that is drawn at this place."""
    start, end = edges
    return start + (2 * x + 1) * (end - start) // (2 * WIDTH) - 1_000
