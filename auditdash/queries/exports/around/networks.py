"""From which networks data was exported, and who exported from one for the first time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.groups import MISSING, groups_of, places_of
from auditdash.queries.counting.remembered import remembered
from auditdash.queries.exports.kept.asked import Asked, exports_asked
from auditdash.queries.exports.kept.pairs import Pairs
from auditdash.queries.exports.kept.whole import Whole, whole_of
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.namesakes import namesakes_of
from auditdash.queries.exports.order import Bools, Ints, lengths_of, rank, starts_of
from auditdash.queries.exports.rows import export_actions
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope


class Network(Struct, frozen=True, kw_only=True):
    """Exports from one network (None: no address is told), by so many people, of whom `new_people`
    had exported before, and never from it."""

    name: str | None
    count: int
    people: int
    new_people: int
    first_ever_at: Instant
    last_at: Instant
    is_new: bool


class NewNetwork(Struct, frozen=True, kw_only=True):
    """Somebody who had exported before did so from a network for the first time: so often."""

    person: str
    namesakes: tuple[str, ...]
    network: str
    count: int
    first_at: Instant


class Networks(Struct, frozen=True, kw_only=True):
    """Most exports first, of `new` equal ones by the newest."""

    all: Sequence[Network]
    new: Sequence[NewNetwork]


class _Memory:
    """The pairs of all exports, and of which these are."""

    def __init__(self) -> None:
        self._kept: tuple[Whole, Pairs] | None = None
        self._lock = Lock()

    def of(self, view: View, whole: Whole) -> Pairs:
        with self._lock:
            kept = self._kept
            if kept is not None and kept[0] is whole:
                return kept[1]
            pairs = Pairs(view, whole, None if kept is None else kept[1])
            # Of two readers the one who sees more leaves what is kept.
            if kept is None or len(kept[0]) <= len(whole):
                self._kept = whole, pairs
            return pairs


class _Asked(Struct, frozen=True, eq=False):
    """Pairs that were asked for, by network: how many exports, and when the first one was, or any
    moment behind the first one ever. `last_of` tells when the last one from a network was."""

    people: Ints
    networks: Ints
    counts: Ints
    firsts: Ints
    last_of: Callable[[int], int]


def find_networks(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Networks:
    """Those of the exports that the query asks for. What is new for a person, or at all, is told
    from all exports in scope, whatever the query asks."""
    view = open_view(connection, scope)
    exports = frozenset(export_actions())
    return remembered(view, query, clock, "networks", exports, lambda: _find(view, query, clock))


def _find(view: View, query: Query, clock: Clock) -> Networks:
    whole = whole_of(view, view.zone)
    ever = view.dictionaries.kept(_Memory).of(view, whole)
    condition = compile_query(query, view, clock)
    exports = exports_asked(view, whole, condition)
    pairs = ever if exports.whole is whole else Pairs(view, exports.whole)
    numbers, asked = _asked(exports, pairs, condition.period.start)
    places = numbers if pairs is ever else ever.places(pairs.keys[numbers])
    before = _first_of(ever.people, ever.firsts)
    new = (asked.firsts == ever.firsts[places]) & (before[asked.people] < asked.firsts)
    new &= (asked.networks != MISSING) & (asked.people != MISSING)
    return Networks(all=_networks(view, asked, ever, new), new=_new(view, asked, new))


def _asked(exports: Asked, pairs: Pairs, start: int | None) -> tuple[Ints, _Asked]:
    """The numbers of the pairs of a period, by network and person, and what is asked of them."""
    counts = pairs.sums.until(exports.last) - pairs.sums.until(exports.first)
    numbers = np.flatnonzero(counts)
    numbers = numbers[np.lexsort((pairs.keys[numbers], pairs.networks[numbers]))]
    networks = pairs.networks[numbers]
    firsts = pairs.firsts[numbers]
    if start is not None:
        firsts = np.maximum(firsts, start)

    def last_of(network: int) -> int:
        first, behind = np.searchsorted(networks, (network, network + 1))
        return exports.time_at(pairs.sums.last(exports.last, numbers[first:behind]))

    asked = _Asked(
        people=pairs.people[numbers],
        networks=networks,
        counts=counts[numbers],
        firsts=firsts,
        last_of=last_of,
    )
    return numbers, asked


def _first_of(groups: Ints, times: Ints) -> Ints:
    """The earliest time of each group."""
    found = np.full(int(groups.max()) + 1 if len(groups) else 0, np.iinfo(np.int64).max)
    np.minimum.at(found, groups, times)
    return found


def _networks(view: View, asked: _Asked, ever: Pairs, new: Bools) -> Listed[Network]:
    keys = groups_of(view, "ip").keys
    starts = starts_of(asked.networks)
    if not len(starts):
        return Listed((), _nothing)
    groups = asked.networks[starts]
    first_ever = _first_of(ever.networks, ever.firsts)[groups]
    counts, fresh = (np.add.reduceat(each, starts) for each in (asked.counts, new.astype(np.int64)))
    firsts = np.minimum.reduceat(asked.firsts, starts)
    people = lengths_of(starts, len(asked.networks))

    def make(place: int) -> Network:
        group = int(groups[place])
        return Network(
            name=None if group == MISSING else str(keys[group]),
            count=int(counts[place]),
            people=int(people[place]),
            new_people=int(fresh[place]),
            first_ever_at=Instant(int(first_ever[place])),
            last_at=Instant(asked.last_of(group)),
            is_new=bool(first_ever[place] == firsts[place]),
        )

    return Listed(rank(counts, places_of(view, "ip")[groups]).tolist(), make)


def _nothing(place: int) -> Network:
    raise IndexError(place)


def _new(view: View, asked: _Asked, new: Bools) -> Listed[NewNetwork]:
    actors, networks = groups_of(view, "actor"), groups_of(view, "ip").keys
    dictionaries = view.dictionaries
    entries = dictionaries["actor"].entries

    def make(place: int) -> NewNetwork:
        person = int(asked.people[place])
        identity, username = entries[actors.codes[person][-1]]
        return NewNetwork(
            person=username or identity or "",
            namesakes=namesakes_of(dictionaries, str(actors.keys[person] or "")),
            network=str(networks[int(asked.networks[place])]),
            count=int(asked.counts[place]),
            first_at=Instant(int(asked.firsts[place])),
        )

    places = np.flatnonzero(new)
    ranked = places[np.lexsort((-asked.firsts[places], -asked.counts[places]))]
    return Listed(ranked.tolist(), make)
