"""People beside what is usual, new networks, and access gained: made ready for the exports page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.addresses import ip_key
from auditdash.events.event import Event
from auditdash.events.instants import HOUR, MINUTE, Instant
from auditdash.events.periods import Period, midnight
from auditdash.events.wording import day_text
from auditdash.queries.data_exports import Exporter
from auditdash.queries.exports.around.gained import WITHIN, Gained
from auditdash.queries.exports.around.networks import Network, NewNetwork
from auditdash.queries.exports.usual import COMPARED_DAYS, Usual
from auditdash.search.edit import atom_of
from auditdash.search.period import frozen
from auditdash.search.query import Node, Not, Present, Query, Term
from auditdash.web.frame.exports_view import Count, by_person, events_href

_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _LAST = 32, date.max.toordinal() - 2  # days of which a calendar knows the days around


class UnlikeView(Struct, frozen=True, kw_only=True):
    """A person's day that stands out: what they usually export, and what everybody else does."""

    who: str | None
    day: str
    count: Count
    own: str
    own_href: str
    own_note: str
    peers: str
    peers_href: str
    peers_note: str


class GainedView(Struct, frozen=True, kw_only=True):
    """The event that gave access and the first export after it; `count` within a day."""

    who: str
    gain: Event
    export: Event
    after: str
    count: Count


class NetworkView(Struct, frozen=True, kw_only=True):
    """One network; `name` is None where no address is told."""

    name: str | None
    count: Count
    people: Count
    new_people: int
    is_new: bool
    first_ever_at: Instant
    last_at: Instant


class NewNetworkView(Struct, frozen=True, kw_only=True):
    """A person's first exports from a network."""

    who: str
    network: str
    count: Count


def unlike_views(people: Sequence[Exporter], query: Query, home: ZoneInfo) -> list[UnlikeView]:
    """Those people whose day stands out, as they come."""
    return [_unlike(person, query, home) for person in people]


def gained_views(
    rows: Sequence[tuple[Gained, Event, Event]], query: Query
) -> tuple[GainedView, ...]:
    """One row for each permission gained."""
    return tuple(
        GainedView(
            who=gained.person,
            gain=gain,
            export=export,
            after=after_text(gained.export_at - gained.at),
            count=Count(
                gained.count,
                events_href(
                    query,
                    *_named(gained.person, gained.namesakes),
                    _during(Period(gained.at, Instant(gained.at + WITHIN + 1))),
                ),
            ),
        )
        for gained, gain, export in rows
    )


def network_views(networks: Sequence[Network], query: Query) -> tuple[NetworkView, ...]:
    """One row for each network."""
    return tuple(
        NetworkView(
            name=each.name,
            count=Count(each.count, _events_from(query, each.name)),
            people=Count(each.people, _events_from(query, each.name)),
            new_people=each.new_people,
            is_new=each.is_new,
            first_ever_at=each.first_ever_at,
            last_at=each.last_at,
        )
        for each in networks
    )


def new_network_views(found: Sequence[NewNetwork], query: Query) -> tuple[NewNetworkView, ...]:
    """Who exported from a network for the first time."""
    return tuple(
        NewNetworkView(
            who=each.person,
            network=each.network,
            count=Count(
                each.count,
                _events_from(query, each.network, *_named(each.person, each.namesakes)),
            ),
        )
        for each in found
    )


def after_text(pause: int) -> str:
    """`3 hours later`; the largest unit that it fills."""
    hours, minutes = pause // HOUR, pause // MINUTE
    if hours:
        return "1 hour later" if hours == 1 else f"{hours} hours later"
    if minutes:
        return "1 minute later" if minutes == 1 else f"{minutes} minutes later"
    return "within a minute"


def own_text(usual: Usual) -> str:
    """`own usual 2 a day`."""
    if not usual.days:
        return f"no exports of their own in the {COMPARED_DAYS} days before"
    return f"own usual {usual.median:g} a day"


def peers_text(usual: Usual) -> str:
    """`peers’ median 3`."""
    if not usual.days:
        return f"nobody else exported in the {COMPARED_DAYS} days before"
    return f"peers’ median {usual.median:g}"


def _unlike(person: Exporter, query: Query, home: ZoneInfo) -> UnlikeView:
    day, who = person.day, by_person(person)
    on_day, before = (
        _days(day.day, day.day + 1, home),
        _days(day.day - COMPARED_DAYS, day.day, home),
    )
    everything = Query()
    own, peers = day.own, day.peers
    return UnlikeView(
        who=person.name,
        day=day_text(on_day.start, home) if on_day and on_day.start is not None else "",
        count=Count(day.count, events_href(query, *who, _during(on_day)) if on_day else ""),
        own=own_text(own),
        own_href=events_href(everything, *who, _during(before)) if before and own.days else "",
        own_note=f"on {own.days} of the {COMPARED_DAYS} days before, give or take {own.spread:g}",
        peers=peers_text(peers),
        peers_href=_peers_href(person, before) if before and peers.days else "",
        peers_note=f"{peers.people:,} others in these days, give or take {peers.spread:g}",
    )


def _peers_href(person: Exporter, before: Period) -> str:
    """The exports of everybody else: without a term for each word that stands for the person."""
    if person.namesakes:
        return ""
    node: Node = Term("actor", (Present(),))
    if person.name is not None:
        node = Not(Term("actor", (atom_of("actor", person.name),)))
    return events_href(Query(), node, _during(before))


def _days(first: int, behind: int, home: ZoneInfo) -> Period | None:
    """Local days, counted from 1970, as a period; None at the ends of the calendar."""
    start, end = _EPOCH + first, _EPOCH + behind
    if start < _FIRST or end > _LAST:
        return None
    return Period(*(midnight(date.fromordinal(each), home) for each in (start, end)))


def _named(name: str, namesakes: Sequence[str]) -> tuple[Node, ...]:
    others = (Not(Term("actor", (atom_of("actor", each),))) for each in namesakes)
    return Term("actor", (atom_of("actor", name),)), *others


def _events_from(query: Query, network: str | None, *who: Node) -> str:
    """The exports from a network; "" for an address that is none, which no query can ask for."""
    if network is None:
        return events_href(query, *who, Not(Term("ip", (Present(),))))
    if ip_key(network.partition("/")[0]) is None:
        return ""
    return events_href(query, *who, Term("ip", (atom_of("ip", network),)))


def _during(period: Period) -> Node:
    return Term("created", (frozen(period),))
