"""Permissions gained and exports by the same person within a day of it: both events together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.catalogue import actions
from auditdash.events.event import Event
from auditdash.events.instants import DAY, Instant
from auditdash.events.periods import Period
from auditdash.index.view import View
from auditdash.queries.compile import Condition, compile_query
from auditdash.queries.conditions import values as on
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.counting.persons import people_of_subjects
from auditdash.queries.counting.remembered import remembered
from auditdash.queries.exports.kept.asked import Asked, exports_asked
from auditdash.queries.exports.kept.whole import Whole, whole_of
from auditdash.queries.exports.listed import Listed, Ranked
from auditdash.queries.exports.namesakes import namesakes_of
from auditdash.queries.exports.order import Ints, lengths_of, starts_of
from auditdash.queries.exports.rows import export_actions
from auditdash.queries.permissions.directions import UNKNOWN, UP
from auditdash.queries.permissions.ledger import Ledger, ledger_of
from auditdash.queries.scan import scan
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

WITHIN: Final = DAY
# Where a new event came, all are looked at anew, and kept, for more than one export of so many.
_LONG: Final = 4
_COLUMNS: Final = ("people", "times", "seqs")
_FIRST, _LAST = -(1 << 62), 1 << 62


class Gained(Struct, frozen=True, kw_only=True):
    """Somebody got access by the event `seq`, and exported `count` times within a day; the event
    `export_seq` is the first of these exports."""

    seq: int
    at: Instant
    person: str
    namesakes: tuple[str, ...]
    count: int
    export_seq: int
    export_at: Instant


class _Rows(Struct, frozen=True, eq=False):
    """Events of people: whose, when, their seqs."""

    people: Ints
    times: Ints
    seqs: Ints

    def part(self, places: Ints | slice) -> _Rows:
        """Those at these places."""
        return _Rows(self.people[places], self.times[places], self.seqs[places])


class _Followed(Struct, frozen=True, eq=False):
    """Gains that an export followed in time: the row of the first one, and how many did."""

    gains: _Rows
    rows: Ints
    counts: Ints

    def part(self, places: Ints | slice) -> _Followed:
        """Those at these places."""
        return _Followed(self.gains.part(places), self.rows[places], self.counts[places])


class _Memory:
    """What followed all gains ever, by time, and of which exports and changes that is, and of how
    many names: any event may tell that somebody who exports is whom a change names."""

    def __init__(self) -> None:
        self._kept: tuple[Whole, Ledger, tuple[int, int], _Followed] | None = None
        self._lock = Lock()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever kept."""
        return self._kept is None

    def get(self, view: View, whole: Whole, ledger: Ledger) -> _Followed | None:
        """What is kept of these."""
        kept = self._kept
        if kept is None or kept[0] is not whole or kept[1] is not ledger:
            return None
        return kept[3] if kept[2] == _names(view) else None

    def of(self, view: View, whole: Whole, ledger: Ledger) -> _Followed:
        """The same, made when it is not there."""
        with self._lock:
            found, names = self.get(view, whole, ledger), _names(view)
            if found is None:
                found = _followed(_gains(view, ledger, Period()), Asked(whole, Period()))
                found = found.part(np.argsort(found.gains.times, kind="stable"))
                self._kept = whole, ledger, names, found
            return found


@cache
def gaining_actions() -> frozenset[str]:
    """The actions by which a member may get access: to a thing, to a group, to the workspace."""
    return frozenset(
        action.name
        for action in actions()
        if action.permission
        and action.subject == "member"
        and action.op in {"grant", "invite", "modify"}
    )


def find_gained(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Sequence[Gained]:
    """What exporters of the exports that the query asks for had gained within a day before; most
    exports first. The events by which they gained it may be any in scope."""
    view = open_view(connection, scope)
    events = gaining_actions() | frozenset(export_actions())
    name = ("gained", *_names(view))
    return remembered(view, query, clock, name, events, lambda: _find(view, query, clock))


def _names(view: View) -> tuple[int, int]:
    """How many there are of those that act, and of those that something was done to."""
    return len(view.dictionaries["actor"]), len(view.dictionaries["subject"])


def _find(view: View, query: Query, clock: Clock) -> Sequence[Gained]:
    whole, (_, ledger) = whole_of(view, view.zone), ledger_of(view)
    condition = compile_query(query, view, clock)
    exports = exports_asked(view, whole, condition)
    found = _of_period(view, ledger, condition.period, exports, is_whole=exports.whole is whole)
    gains, rows, counts = found.gains, found.rows, found.counts
    groups, dictionaries = groups_of(view, "actor"), view.dictionaries

    def make(place: int) -> Gained:
        person = int(gains.people[place])
        identity, username = dictionaries["actor"].entries[groups.codes[person][-1]]
        export = rows[place : place + 1]
        return Gained(
            seq=int(gains.seqs[place]),
            at=Instant(int(gains.times[place])),
            person=username or identity or "",
            namesakes=namesakes_of(dictionaries, str(groups.keys[person] or "")),
            count=int(counts[place]),
            export_seq=int(exports.some("seqs", export)[0]),
            export_at=Instant(int(exports.some("times", export)[0])),
        )

    return Listed(Ranked(-counts, -gains.times, gains.seqs), make)


def _of_period(
    view: View, ledger: Ledger, period: Period, exports: Asked, *, is_whole: bool
) -> _Followed:
    """What followed in a period. Of all exports that is known, but for gains within a day of its
    ends, some of whose exports may lie outside."""
    memory = view.dictionaries.kept(_Memory)
    known = memory.get(view, exports.whole, ledger) if is_whole else None
    is_long = len(exports) * _LONG > len(exports.whole) or memory.is_empty
    if known is None and is_whole and is_long:
        known = memory.of(view, exports.whole, ledger)
    if known is None:
        return _followed(_gains(view, ledger, period), exports)
    times = known.gains.times
    start = _FIRST if period.start is None else period.start
    end = _LAST if period.end is None else period.end
    edges = (start - WITHIN, start, max(start, end - WITHIN), max(start, end))
    before, first, last, behind = np.searchsorted(times, edges).tolist()
    within = known.part(slice(first, last))
    if period == Period():
        return within
    at_ends = np.concatenate((np.arange(before, first), np.arange(last, behind)))
    both = within, _followed(known.gains.part(at_ends), exports)
    return _Followed(
        _Rows(*(_together([getattr(each.gains, name) for each in both]) for name in _COLUMNS)),
        _together([each.rows for each in both]),
        _together([each.counts for each in both]),
    )


def _followed(gains: _Rows, exports: Asked) -> _Followed:
    """The gains that an export followed in time."""
    gains = gains.part(np.argsort(gains.people, kind="stable"))
    starts = starts_of(gains.people)
    rows, counts = np.zeros((2, len(gains.seqs)), np.int64)
    for start, length in zip(starts.tolist(), lengths_of(starts, len(rows)).tolist(), strict=True):
        place = int(np.searchsorted(exports.people, gains.people[start]))
        if place == len(exports.people) or exports.people[place] != gains.people[start]:
            continue
        mine = exports.of_person(place)
        times, at = exports.some("times", mine), gains.times[start : start + length]
        first, behind = times.searchsorted(at, "left"), times.searchsorted(at + WITHIN, "right")
        counts[start : start + length] = behind - first
        rows[start : start + length] = mine.start + np.minimum(first, len(times) - 1)
    followed = np.flatnonzero(counts)
    return _Followed(gains.part(followed), rows[followed], counts[followed])


def find_both_events(
    connection: Connection, scope: Scope, gained: Sequence[Gained]
) -> list[tuple[Gained, Event, Event]]:
    """Each with the event by which access was gained, and the first export after it."""
    view = open_view(connection, scope)
    seqs = [seq for each in gained for seq in (each.seq, each.export_seq)]
    numbered = view.events(sorted(set(seqs)))
    events = {event.seq: event for event in numbered}
    return [(each, events[each.seq], events[each.export_seq]) for each in gained]


def _gains(view: View, ledger: Ledger, period: Period) -> _Rows:
    """A row for each person who gained something in time for an export in the period. A change of
    which nobody knows whether it gave more counts; one that gave less, or the same, does not."""
    names = gaining_actions()
    choice = view.dictionaries["action"].where("gaining", lambda entry: entry[0] in names)
    start = None if period.start is None else Instant(period.start - WITHIN)
    condition = Condition(view, Period(start, period.end), on.coded("action", choice))
    codes, people = people_of_subjects(view)
    rows = []
    for found in scan(condition):
        directions = ledger.directions[ledger.places(found.seqs)]
        up = np.flatnonzero((directions == UP) | (directions == UNKNOWN))
        subjects = found.column("subject").astype(np.int64)[up]
        first = np.searchsorted(codes, subjects)
        lengths = np.searchsorted(codes, subjects, "right") - first
        which = np.repeat(np.arange(len(subjects)), lengths)
        offsets = np.arange(len(which)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        rows.append((people[first[which] + offsets], found.times[up[which]], found.seqs[up[which]]))
    return _Rows(*(_together([each[part] for each in rows]) for part in range(3)))


def _together(columns: Sequence[Ints]) -> Ints:
    return np.concatenate(columns) if columns else _NOTHING


_NOTHING: Final = np.zeros(0, np.int64)
