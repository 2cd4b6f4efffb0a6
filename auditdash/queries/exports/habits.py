"""What each person ever exported on which day: from it follows what is usual, and what is new."""

from __future__ import annotations

from functools import cached_property
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from auditdash.events.periods import Period
from auditdash.index.view import View
from auditdash.queries.compile import Condition
from auditdash.queries.counting.totals import split
from auditdash.queries.exports.order import (
    Bools,
    Ints,
    day_key,
    group_of,
    lengths_of,
    order_by,
    order_by_day,
    starts_of,
)
from auditdash.queries.exports.rows import Exports, exports_of, read_exports
from auditdash.queries.exports.usual import Around

# Who exports at night on more than this share of their days does so by habit: in another office.
NIGHT_HABIT: Final = 0.1
_NEVER: Final = np.iinfo(np.int64).max
_NOTHING: Final = np.zeros(0, np.int64)
_FEW: Final = 2  # own days that are left out of a median by their ranks alone


class Habits:
    """Of so many exports: a row for each person and day on which there were any, by its key."""

    def __init__(
        self, exports: int, keys: Ints, counts: Ints, at_night: Bools, firsts: tuple[Ints, Ints]
    ) -> None:
        self.exports = exports
        self.keys = keys
        self.counts = counts
        self.at_night = at_night
        self.first_of_person, self.first_of_report = firsts

    @cached_property
    def by_night(self) -> Bools:
        """Of each person whether they export at night by habit."""
        people, size = group_of(self.keys), len(self.first_of_person)
        nights = np.bincount(people[self.at_night], minlength=size)
        found: Bools = nights > NIGHT_HABIT * np.bincount(people, minlength=size)
        return found

    @cached_property
    def around(self) -> Around:
        """The same by day: what everybody exported before one."""
        return Around(self.keys, self.counts)

    def usual(self, people: Ints, first_days: Ints, last_days: Ints) -> NDArray[np.float64]:
        """The median of all days of each person but some of their own; without any it is 0."""
        start = np.searchsorted(self.keys, people << 32)
        end = np.searchsorted(self.keys, (people + 1) << 32)
        own = np.searchsorted(self.keys, day_key(people, first_days))
        behind = np.searchsorted(self.keys, day_key(people, last_days), "right")
        others = (end - start) - (behind - own)
        sums = np.zeros(len(people), np.int64)
        for middle in ((others - 1) // 2, others // 2):
            sums += self._ranked_but(start, own, behind, middle)
        usual = np.where(others > 0, sums / 2, 0.0)
        for row in np.flatnonzero(behind - own > _FEW).tolist():
            of_run = (start[row], own[row], behind[row], end[row])
            usual[row] = self._median_but(*map(int, of_run))
        return usual

    def _ranked_but(self, start: Ints, own: Ints, behind: Ints, rank: Ints) -> Ints:
        """The count of this rank among the days of a person without one or two own days."""
        if not len(start):
            return start
        counts, ranks = self._ranked
        one, two = ranks[own] - start, ranks[behind - 1] - start
        low, high = np.minimum(one, two), np.maximum(one, two)
        rank = rank + (low <= rank)
        rank = rank + ((behind - own == _FEW) & (high <= rank))
        found: Ints = counts[np.clip(start + rank, 0, len(counts) - 1)]
        return found

    def _median_but(self, start: int, own: int, behind: int, end: int) -> float:
        others = np.concatenate((self.counts[start:own], self.counts[behind:end]))
        return float(np.median(others)) if len(others) else 0.0

    @cached_property
    def _ranked(self) -> tuple[Ints, Ints]:
        """The counts of each person's days, rising, and the place among them of each row."""
        order = order_by(self.counts)
        order = order[order_by(group_of(self.keys)[order])]
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return self.counts[order], places


class _Memory:
    """What was counted, for each zone."""

    def __init__(self) -> None:
        self.settled: dict[str, tuple[int, Habits]] = {}
        self.whole: dict[str, Habits] = {}
        self.lock = Lock()


def habits_of(view: View, zone: ZoneInfo) -> Habits:
    """Those of all exports in sight. Of segments that do not change again they are kept."""
    everything = exports_of(Condition(view, Period(), None))
    settled, open_ones = split(view)
    memory = view.dictionaries.kept(_Memory)
    with memory.lock:
        until = settled[-1].last_seq if settled else 0
        last_seq, habits = memory.settled.get(zone.key, (0, NONE))
        if last_seq > until:
            last_seq, habits = 0, NONE
        fresh = [segment for segment in settled if segment.first_seq > last_seq]
        if fresh:
            habits = together(habits, _count(read_exports(everything, fresh, zone)))
            if until > memory.settled.get(zone.key, (0, NONE))[0]:
                memory.settled[zone.key] = (until, habits)
        newest = read_exports(everything, open_ones, zone)
        # Exports only ever follow: as many of them are the same ones.
        whole = memory.whole.get(zone.key)
        if whole is None or whole.exports != habits.exports + len(newest):
            whole = memory.whole[zone.key] = together(habits, _count(newest))
    return whole


def _count(exports: Exports) -> Habits:
    if not len(exports):
        return NONE
    order, keys = order_by_day(exports.people, exports.days)
    starts = starts_of(keys)
    return Habits(
        len(exports),
        keys[starts],
        lengths_of(starts, len(keys)),
        np.logical_or.reduceat(exports.at_night[order], starts),
        (
            _first(exports.people, exports.times),
            _first(exports.reports, exports.times),
        ),
    )


def _first(groups: Ints, times: Ints) -> Ints:
    """The first of rising times of each group."""
    found = np.full(int(groups.max()) + 1, _NEVER)
    found[groups[::-1]] = times[::-1]  # what is assigned last stays
    return found


def together(one: Habits, two: Habits) -> Habits:
    """Those of the exports that either was counted from; no export is in both."""
    if not one.exports or not two.exports:
        return one if one.exports else two
    keys = np.concatenate((one.keys, two.keys))
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = starts_of(keys)
    return Habits(
        one.exports + two.exports,
        keys[starts],
        np.add.reduceat(np.concatenate((one.counts, two.counts))[order], starts),
        np.logical_or.reduceat(np.concatenate((one.at_night, two.at_night))[order], starts),
        (
            _earlier(one.first_of_person, two.first_of_person),
            _earlier(one.first_of_report, two.first_of_report),
        ),
    )


def _earlier(one: Ints, two: Ints) -> Ints:
    found = np.full(max(len(one), len(two)), _NEVER)
    found[: len(one)] = one
    found[: len(two)] = np.minimum(found[: len(two)], two)
    return found


NONE: Final = Habits(0, _NOTHING, _NOTHING, np.zeros(0, np.bool_), (_NOTHING, _NOTHING))
