"""What was exported: the numbers of each report, made ready for those that are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of, places_of
from auditdash.queries.exports.habits import Habits
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.nights import Nights
from auditdash.queries.exports.order import Bools, Ints
from auditdash.queries.exports.people import count_kinds, name_kinds, rank, reports_of
from auditdash.queries.exports.rows import Exports


class Exported(Struct, frozen=True, kw_only=True):
    """Exports of one report, as its newest export names it. `is_new`: never exported before."""

    key: str
    name: str | None
    id: str | None
    count: int
    by_action: Mapping[str, int]
    people: int
    nights: int
    night_periods: Sequence[Period]
    first_ever_at: Instant
    last_at: Instant
    is_new: bool
    off_hours: int


class Reports:
    """Everything that was exported, by group: one number of each kind for each report."""

    def __init__(self, view: View, exports: Exports, pairs: Ints, habits: Habits) -> None:
        size = len(habits.first_of_report)
        counts = np.bincount(exports.reports, minlength=size)
        self._groups = groups = np.flatnonzero(counts)
        self._counts = counts[groups]
        rows = np.arange(len(exports))
        last = _newest(exports.reports, rows, size)[groups]
        self._last = exports.times[last]
        self._first = exports.times[_newest(exports.reports[::-1], rows[::-1], size)[groups]]
        self._first_ever = habits.first_of_report[groups]
        self._kinds = count_kinds(exports.reports, exports.kinds)[groups]
        self._people = np.bincount(reports_of(pairs), minlength=size)[groups]
        at_night = exports.reports[exports.at_night]
        off_hours = np.bincount(exports.reports[exports.off_hours], minlength=size)
        self._off_hours = off_hours[groups]
        self._nights = np.bincount(at_night, minlength=size)[groups]
        self._night = Nights(at_night, exports.times[exports.at_night], exports.nights)
        self._entries = view.dictionaries["entity"].entries
        self._newest = exports.entities[last]
        has_name = _has_name(self._entries)[exports.entities]
        named = _newest(exports.reports[has_name], rows[has_name], size)[groups]
        self._named = np.where(named >= 0, exports.entities[named].astype(np.int64), -1)
        self._keys = groups_of(view, "report").keys
        self._order = rank(self._counts, places_of(view, "report")[groups])

    def all(self) -> Listed[Exported]:
        """Most exports first."""
        return Listed(self._order.tolist(), self._exported)

    def _exported(self, place: int) -> Exported:
        first, first_ever = int(self._first[place]), int(self._first_ever[place])
        group, named = int(self._groups[place]), int(self._named[place])
        return Exported(
            key=str(self._keys[group] or ""),
            name=self._entries[named][2] if named >= 0 else None,
            id=self._entries[self._newest[place]][1] or None,
            count=int(self._counts[place]),
            by_action=name_kinds(self._kinds[place]),
            people=int(self._people[place]),
            nights=int(self._nights[place]),
            night_periods=self._night.of(group),
            first_ever_at=Instant(first_ever),
            last_at=Instant(int(self._last[place])),
            is_new=first == first_ever,
            off_hours=int(self._off_hours[place]),
        )


def _newest(groups: Ints, rows: Ints, size: int) -> Ints:
    """The last of the rows of each group; -1 where there is none."""
    found = np.full(size, -1)
    found[groups] = rows  # what is assigned last stays
    return found


def _has_name(entries: Sequence[tuple[str | None, ...]]) -> Bools:
    return np.array([bool(entry[2]) for entry in entries], np.bool_)
