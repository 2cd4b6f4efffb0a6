"""What the pages of access show: each function is the context of one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from auditdash.charts import links
from auditdash.events.instants import Instant
from auditdash.queries.access import paths as ways
from auditdash.queries.access.difference import find_difference, iterate_deltas
from auditdash.queries.access.narrow import find_named, narrow
from auditdash.queries.access.oddities import (
    count_oddities,
    find_emptied,
    find_oddities,
    first_fact,
    iterate_oddities,
)
from auditdash.queries.access.paths import Paths
from auditdash.queries.access.rows import (
    Sight,
    count_nodes,
    is_reached,
    iterate_ways,
    sort_ways,
    until_fact,
)
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.search.scope import Clock
from auditdash.web.access import view
from auditdash.web.access.asked import PATH, Asked, Moment, node_arguments
from auditdash.web.access.lanes import Lanes, lanes

ROWS: Final = 100
_GIVEN: Final = 50
_FOUND: Final = 16
_HISTORY: Final = 60


class Page(Struct, frozen=True, kw_only=True):
    """Which rows of how many are shown, and the addresses of the pages beside them."""

    count: int
    start: int
    end: int
    previous: str
    following: str

    @property
    def note(self) -> str:
        """The rows in words."""
        return f"{self.start + 1:,}–{self.end:,} of {self.count:,}" if self.count > ROWS else ""


def standing(
    sight: Sight, query: Query, asked: Asked, clock: Clock, number: int
) -> dict[str, object]:
    """All that stood at the moment, as it was given."""
    picture = sight.picture
    everything = ways.find_all(picture, asked.moment.at)
    found = narrow(query, sight.view, picture, clock, everything)
    if query.order == "created-asc":
        found = sort_ways(sight, found, "since")
    page = _page(len(found), asked, PATH, {}, number)
    shown = found.take(slice(page.start, page.end))
    named = find_named(query, picture)
    return {
        **_around(sight, asked, clock),
        "shown": page,
        "counts": _counts(sight, found),
        "hrefs": _narrower(query, asked, PATH, {}),
        "named": [view.node_view(picture.nodes.node(at), asked) for at in named[:_FOUND].tolist()],
        "more_named": max(0, len(named) - _FOUND),
        "rows": view.way_views(iterate_ways(sight, shown), asked),
        "csv_href": _file(sight, asked, "standing"),
    }


def one(
    sight: Sight, node: int, query: Query, asked: Asked, clock: Clock, number: int
) -> dict[str, object]:
    """One person, group or thing."""
    picture = sight.picture
    here = picture.nodes.node(node)
    arguments = node_arguments(here)
    address = f"{PATH}/one"
    reached = is_reached(here.kind)
    to, given = ways.NOTHING, ways.NOTHING
    if reached:
        to = _narrowed(sight, query, clock, _to(sight, node, asked.moment.at))
        given = _narrowed(sight, query, clock, ways.find_given(picture, node, asked.moment.at))
    reaching = _narrowed(sight, query, clock, _from(sight, node, asked.moment.at))
    main = to if reached else reaching
    page = _page(len(main), asked, address, arguments, number)
    shown = main.take(slice(page.start, page.end))
    odd = find_oddities(sight, "", node)
    return {
        **_around(sight, asked, clock),
        "node": here,
        "arguments": arguments,
        "reached": reached,
        "shown": page,
        "people": count_nodes(sight, to.subjects, "member"),
        "everyone": count_nodes(sight, to.subjects, "everyone") > 0,
        "counts": _counts(sight, reaching),
        "by_default": count_nodes(sight, reaching.objects, "default") > 0,
        "hrefs": _narrower(query, asked, address, arguments),
        "rows": view.way_views(iterate_ways(sight, shown), asked),
        "given_count": len(given),
        "given": view.way_views(iterate_ways(sight, given.take(slice(0, _GIVEN))), asked),
        "reaching_count": len(reaching) if here.kind == "group" else 0,
        "reaching": view.way_views(
            iterate_ways(sight, reaching.take(slice(0, _GIVEN if reached else 0))), asked
        ),
        "lanes": lanes(sight, node, asked, clock, reached=reached, most=_HISTORY),
        "odd_count": len(odd),
        "odd_rows": view.odd_views(iterate_oddities(sight, odd[:_GIVEN]), asked),
        "events_href": view.events_href(here),
        "profile_href": view.profile_href(here),
        "csv_href": _file(sight, asked, "one", arguments),
        "history_href": _file(sight, asked, "history", arguments),
        "now_href": Asked(moment=Moment(at=clock.now), text="").node_href(here),
    }


def differences(
    sight: Sight,
    query: Query,
    asked: Asked,
    clock: Clock,
    earlier: Moment,
    kind: str,
    number: int,
) -> dict[str, object]:
    """What is different between two moments."""
    found = find_difference(sight, earlier.at, asked.moment.at, query, clock)
    counts = found.counts
    found = found.of_kind(kind)
    address, more = f"{PATH}/differences", {"from": earlier.day}
    page = _page(len(found), asked, address, more | {"kind": kind}, number)
    shown = found.take(slice(page.start, page.end))
    return {
        **_around(sight, asked, clock),
        "earlier": earlier,
        "earlier_said": earlier.said(clock),
        "kind": kind,
        "kinds": [
            (each, count, asked.href(address, **more, kind=each)) for each, count in counts.items()
        ],
        "total": sum(counts.values()),
        "all_href": asked.href(address, **more),
        "shown": page,
        "rows": view.delta_views(iterate_deltas(sight, shown), asked),
        "csv_href": _file(sight, asked, "differences", more | {"kind": kind}),
    }


def oddities(sight: Sight, asked: Asked, clock: Clock, kind: str, number: int) -> dict[str, object]:
    """What does not fit together."""
    found = find_oddities(sight, kind)
    address = f"{PATH}/contradictions"
    page = _page(len(found), asked, address, {"kind": kind}, number)
    rows = iterate_oddities(sight, found[page.start : page.end])
    counts = count_oddities(sight)
    emptied = [] if kind else find_emptied(sight, asked.moment.at)
    return {
        **_around(sight, asked, clock),
        "kind": kind,
        "kinds": [
            (name, title, said, counts[name], asked.href(address, kind=name))
            for name, (title, said) in view.ODD.items()
        ],
        "all_href": asked.href(address),
        "shown": page,
        "rows": view.odd_views(rows, asked),
        "csv_href": _file(sight, asked, "contradictions", {"kind": kind}),
        "emptied_count": len(emptied),
        "emptied": [
            (view.node_view(each.group, asked), each.things, each.told) for each in emptied[:_GIVEN]
        ],
    }


def holds_until(sight: Sight, asked: Asked, clock: Clock, drawn: object) -> Instant | None:
    """Up to when the clock alone changes nothing on a page: as of now it is what it is until a fact
    that is known already comes to pass; lanes end with the day."""
    ends = [
        None if asked.moment.day else until_fact(sight, clock.now),
        drawn.until if isinstance(drawn, Lanes) else None,
    ]
    return min((each for each in ends if each is not None), default=None)


def _around(sight: Sight, asked: Asked, clock: Clock) -> dict[str, object]:
    """What each of the pages says of the moment and of what the log knows."""
    counts = count_oddities(sight)
    first = first_fact(sight)
    return {
        "asked": asked,
        "moment": asked.moment,
        "zone": clock.zone,
        "said": asked.moment.said(clock),
        "first": first,
        "too_early": first is not None and asked.moment.at < first,
        "is_empty": first is None and not sight.picture.lines.baselines,
        "baselines": sight.picture.lines.baselines,
        "odd_total": sum(counts.values()) - counts["not seen to begin"],
        "not_seen": counts["not seen to begin"],
        "odd_href": asked.href(f"{PATH}/contradictions"),
        "start_href": Asked(moment=asked.moment, text="", seq=asked.seq).href(),
        "differences_href": asked.href(f"{PATH}/differences"),
        "thawed_href": Asked(moment=asked.moment, text=asked.text).href(),
    }


def _page(count: int, asked: Asked, address: str, more: Mapping[str, str], number: int) -> Page:
    start = min((number - 1) * ROWS, max(0, (count - 1) // ROWS * ROWS))
    end = min(count, start + ROWS)
    here = start // ROWS + 1
    return Page(
        count=count,
        start=start,
        end=end,
        previous=asked.href(address, **more, page=here - 1) if start else "",
        following=asked.href(address, **more, page=here + 1) if end < count else "",
    )


def _file(sight: Sight, asked: Asked, table: str, more: Mapping[str, str] | None = None) -> str:
    """The address of a table as a file: what is known now, whenever it is asked for."""
    frozen = Asked(moment=asked.moment, text=asked.text, seq=sight.view.highest_seq)
    return frozen.href(f"{PATH}/{table}.csv", **(more or {}))


def _narrower(query: Query, asked: Asked, address: str, more: Mapping[str, str]) -> dict[str, str]:
    """The same page with things of one kind alone; "" where the query would be too long."""
    found = {}
    for kind in ("connection", "collection", "group"):
        term = Term("entity_type", (Atom(kind),))
        text = links.link(query_of((*query.parts, term), query.order))
        narrow = Asked(moment=asked.moment, text=text, seq=asked.seq)
        found[f"{kind}s"] = narrow.href(address, **more) if text else ""
    return found


def _counts(sight: Sight, found: Paths) -> dict[str, int]:
    """How many different people, groups and things there are among these ways."""
    objects, subjects = found.objects, found.subjects
    return {
        "people": count_nodes(sight, subjects, "member"),
        "connections": count_nodes(sight, objects, "connection"),
        "collections": count_nodes(sight, objects, "collection"),
        "groups": count_nodes(sight, objects, "group"),
    }


def _to(sight: Sight, node: int, at: int) -> Paths:
    return sort_ways(sight, ways.find_to(sight.picture, node, at), "subject")


def _from(sight: Sight, node: int, at: int) -> Paths:
    return sort_ways(sight, ways.find_from(sight.picture, node, at), "object")


def _narrowed(sight: Sight, query: Query, clock: Clock, found: Paths) -> Paths:
    return narrow(query, sight.view, sight.picture, clock, found)
