"""From which networks data was exported, and who exported from one for the first time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.compile import Condition, compile_query
from auditdash.queries.counting.groups import MISSING, groups_of
from auditdash.queries.counting.remembered import remembered
from auditdash.queries.counting.totals import split
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.namesakes import namesakes_of
from auditdash.queries.exports.order import Ints, lengths_of, starts_of
from auditdash.queries.exports.rows import export_actions, exports_of
from auditdash.queries.scan import find_in
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_HALF: Final = 32
_LOW: Final = (1 << _HALF) - 1
_NOTHING: Final = np.zeros(0, np.int64)


class Pairs(Struct, frozen=True, eq=False):
    """People and the networks that they exported from: a key for each pair, how many exports, when
    the first one and the last one. The person is the upper half of a key."""

    keys: Ints
    counts: Ints
    firsts: Ints
    lasts: Ints

    @property
    def people(self) -> Ints:
        """The person of each pair."""
        return self.keys >> _HALF

    @property
    def networks(self) -> Ints:
        """The network of each pair."""
        return self.keys & _LOW


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
    """The pairs of all exports of settled segments, and the last whole ones."""

    def __init__(self) -> None:
        self.settled: tuple[int, Pairs] = (0, NONE)
        self.whole: Pairs = NONE
        self.lock = Lock()


def find_networks(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Networks:
    """Those of the exports that the query asks for. What is new for a person, or at all, is told
    from all exports in scope, whatever the query asks."""
    view = open_view(connection, scope)
    exports = frozenset(export_actions())
    return remembered(view, query, clock, "networks", exports, lambda: _find(view, query, clock))


def _find(view: View, query: Query, clock: Clock) -> Networks:
    ever = _ever(view)
    asked = _count(exports_of(compile_query(query, view, clock)), view.segments)
    rows = np.searchsorted(ever.keys, asked.keys)
    before = _first_of(ever.people, ever.firsts)
    first = asked.firsts == ever.firsts[rows]
    new = first & (before[asked.people] < asked.firsts) & (asked.networks != MISSING)
    new &= asked.people != MISSING
    return Networks(all=_networks(view, asked, ever, new), new=_new(view, asked, new))


def _ever(view: View) -> Pairs:
    everything = exports_of(Condition(view, Period(), None))
    settled, open_ones = split(view)
    memory = view.dictionaries.kept(_Memory)
    with memory.lock:
        until = settled[-1].last_seq if settled else 0
        last_seq, pairs = memory.settled
        if last_seq > until:
            last_seq, pairs = 0, NONE
        fresh = [segment for segment in settled if segment.first_seq > last_seq]
        if fresh:
            pairs = _together([pairs, _count(everything, fresh)])
            if until > memory.settled[0]:
                memory.settled = (until, pairs)
        newest = _count(everything, open_ones)
        # Exports only ever follow: as many of them are the same ones.
        whole = memory.whole
        if whole.counts.sum() != pairs.counts.sum() + newest.counts.sum():
            whole = memory.whole = _together([pairs, newest])
    return whole


def _count(condition: Condition, segments: Iterable[Segment]) -> Pairs:
    return _together([_count_in(condition, each) for each in segments])


def _count_in(condition: Condition, segment: Segment) -> Pairs:
    found = find_in(condition, segment)
    if not len(found):
        return NONE
    view = condition.view
    people = groups_of(view, "actor").of_code[found.column("actor")]
    keys = people << _HALF | groups_of(view, "ip").of_code[found.column("ip")]
    order = np.argsort(keys, kind="stable")
    keys, times = keys[order], found.times[order]
    starts = starts_of(keys)
    counts = lengths_of(starts, len(keys))
    return Pairs(keys[starts], counts, times[starts], times[starts + counts - 1])


def _together(every: Sequence[Pairs]) -> Pairs:
    some = [each for each in every if len(each.keys)]
    if len(some) < 2:
        return some[0] if some else NONE
    keys = np.concatenate([each.keys for each in some])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = starts_of(keys)
    counts, firsts, lasts = (
        np.concatenate([getattr(each, name) for each in some])[order]
        for name in ("counts", "firsts", "lasts")
    )
    return Pairs(
        keys[starts],
        np.add.reduceat(counts, starts),
        np.minimum.reduceat(firsts, starts),
        np.maximum.reduceat(lasts, starts),
    )


def _first_of(groups: Ints, times: Ints) -> Ints:
    """The earliest time of each group."""
    found = np.full(int(groups.max()) + 1 if len(groups) else 0, np.iinfo(np.int64).max)
    np.minimum.at(found, groups, times)
    return found


def _networks(view: View, asked: Pairs, ever: Pairs, new: Ints) -> Listed[Network]:
    keys = groups_of(view, "ip").keys
    order = np.argsort(asked.networks, kind="stable")
    groups = asked.networks[order]
    starts = starts_of(groups)
    first_ever = _first_of(ever.networks, ever.firsts)
    sums = [np.add.reduceat(each[order], starts) if len(order) else _NOTHING
            for each in (asked.counts, new.astype(np.int64))]  # fmt: skip
    people = lengths_of(starts, len(groups))
    firsts, lasts = asked.firsts[order], asked.lasts[order]

    def make(place: int) -> Network:
        start, end = int(starts[place]), int(starts[place] + people[place])
        group = int(groups[start])
        return Network(
            name=None if group == MISSING else str(keys[group]),
            count=int(sums[0][place]),
            people=int(people[place]),
            new_people=int(sums[1][place]),
            first_ever_at=Instant(int(first_ever[group])),
            last_at=Instant(int(lasts[start:end].max())),
            is_new=bool(first_ever[group] == firsts[start:end].min()),
        )

    names = [str(keys[int(group)] or "") for group in groups[starts].tolist()]
    ranked = sorted(range(len(starts)), key=lambda at: (-int(sums[0][at]), names[at]))
    return Listed(ranked, make)


def _new(view: View, asked: Pairs, new: Ints) -> Listed[NewNetwork]:
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


NONE: Final = Pairs(_NOTHING, _NOTHING, _NOTHING, _NOTHING)
