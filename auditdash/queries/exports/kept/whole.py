"""All exports, and what is told of them whatever is asked: made when it is first asked for, and
kept until another export comes."""

from __future__ import annotations

from functools import cached_property
from threading import Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.instants import MINUTE
from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.exports.habits import Habits, habits_of_days
from auditdash.queries.exports.kept.sums import Rows, Sums
from auditdash.queries.exports.kept.table import AT_NIGHT, NONE, Table, grow
from auditdash.queries.exports.order import Bools, Ints, day_key, order_by
from auditdash.queries.exports.rows import export_actions

# A burst: exports without a longer pause than this.
BURST_PAUSE: Final = 30 * MINUTE
_NEVER: Final = np.iinfo(np.int64).max
_MOST_KEPT: Final = 2  # zones
_MARKS: Final = 4  # a night, closed offices, both, none


class Spans(Struct, frozen=True, eq=False):
    """Rows of a table, each from a first one until before a last one."""

    firsts: Ints
    ends: Ints


class Whole:
    """A table, and what is told of it. `before` is the same when `same` exports had come that
    still are the first ones."""

    def __init__(
        self, view: View, table: Table, before: Whole | None = None, same: int = 0
    ) -> None:
        self.table = table
        self._before = before if same else None
        self._same = same
        self._reports = groups_of(view, "report").of_code
        self._rows_marked: dict[int, Ints] = {}

    def __len__(self) -> int:
        return len(self.table)

    def settle(self) -> None:
        """Count what was counted before, too, and let go of that."""
        before, self._before = self._before, None
        if before is None:
            return
        for name in ("by_person", "by_report", "by_kind"):
            if name in before.__dict__:
                self._before = before
                getattr(self, name)
                self._before = None

    @cached_property
    def by_person(self) -> Sums:
        """Exports of each person."""
        size = len(self.table.starts) - 1
        before = None if self._before is None else self._before.by_person
        return Sums(len(self), self.people.__getitem__, size, before, self._same)

    @cached_property
    def people(self) -> NDArray[Any]:
        """The group of the person of each export, by time."""
        starts = self.table.starts
        numbers = np.arange(len(starts) - 1, dtype=np.min_scalar_type(len(starts)))
        return np.repeat(numbers, np.diff(starts))[self.table.order]

    @cached_property
    def by_report(self) -> Sums:
        """Exports of each report."""
        size = int(self._reports.max(initial=0)) + 1
        before = None if self._before is None else self._before.by_report
        order = self.table.order
        return Sums(len(self), lambda some: self.reports_of(order[some]), size, before, self._same)

    @cached_property
    def by_kind(self) -> Sums:
        """Exports of each kind and of each combination of marks."""
        table, size = self.table, len(export_actions()) * _MARKS
        before = None if self._before is None else self._before.by_kind

        def numbers(some: slice) -> NDArray[Any]:
            rows = table.order[some]
            return table.kinds[rows] * np.uint8(_MARKS) + table.marks[rows]

        return Sums(len(self), numbers, size, before, self._same)

    def people_of(self, rows: Rows | Ints) -> Ints:
        """The groups of the people of some rows."""
        return np.searchsorted(self.table.starts, rows, "right") - 1

    def reports_of(self, rows: Rows | Ints | slice) -> Ints:
        """The groups of the reports of some rows."""
        return self._reports[self.table.entities[rows]]

    @cached_property
    def of_reports(self) -> tuple[Rows, Ints]:
        """The rows of each report by time, and where those of each begin."""
        reports = self.reports_of(self.table.order)
        counts = np.bincount(reports, minlength=int(self._reports.max(initial=0)) + 1)
        starts = np.concatenate(([0], np.cumsum(counts)))
        return self.table.order[order_by(reports)], starts

    @cached_property
    def days(self) -> Spans:
        """Rows of one person and day that stand together: all of them, unless a clock was set back
        over midnight."""
        return self._spans(self.table.days[1:] != self.table.days[:-1])

    @cached_property
    def runs(self) -> Spans:
        """Rows of one person without a longer pause between them."""
        return self._spans(self.table.times[1:] - self.table.times[:-1] > BURST_PAUSE)

    def _spans(self, begins: Bools) -> Spans:
        """`begins` says of each row but the first whether one begins with it; a person's does."""
        starts = self.table.starts
        every = np.concatenate((np.ones(1, np.bool_), begins))[: len(self)]
        every[starts[:-1][np.diff(starts) > 0]] = True
        firsts = np.flatnonzero(every)
        return Spans(firsts, np.append(firsts, len(self))[1:])

    def marked(self, mark: int) -> Ints:
        """The rows that have a mark."""
        known = self._rows_marked.get(mark)
        if known is None:
            known = self._rows_marked[mark] = np.flatnonzero(self.table.marks & mark)
        return known

    @cached_property
    def habits(self) -> Habits:
        """What is usual and what was first, by these exports."""
        table, days = self.table, self.days
        keys = day_key(self.people_of(days.firsts), table.days[days.firsts].astype(np.int64))
        nights = np.searchsorted(self.marked(AT_NIGHT), np.append(days.firsts, len(self)))
        order, starts = self.of_reports
        return habits_of_days(
            len(self),
            keys,
            days.ends - days.firsts,
            nights[1:] > nights[:-1],
            (
                _first(table.times, table.starts, None),
                _first(table.times, starts, order),
            ),
        )


def _first(times: Ints, starts: Ints, order: Rows | None) -> Ints:
    """The time of the first row of each group, of rows in order."""
    found = np.full(len(starts) - 1, _NEVER)
    some = np.diff(starts) > 0
    rows = starts[:-1][some]
    found[some] = times[rows if order is None else order[rows]]
    return found


class _Kept:
    """What stands for each zone, and what readers of fewer events see of it."""

    def __init__(self) -> None:
        self.standing: dict[str, Whole] = {}
        self.earlier: dict[str, Whole] = {}
        self.lock = Lock()


def whole_of(view: View, zone: ZoneInfo) -> Whole:
    """All exports in sight; `zone` is that of days and nights."""
    kept = view.dictionaries.kept(_Kept)
    with kept.lock:
        known = kept.standing.pop(zone.key, None)
        if known is None or known.table.last_seq < view.highest_seq:
            known = _grown(view, known, zone)
        kept.standing[zone.key] = known
        while len(kept.standing) > _MOST_KEPT:
            kept.standing.pop(next(iter(kept.standing)))
        if known.table.last_seq == view.highest_seq:
            return known
        seen = known.table.seqs <= view.highest_seq
        count = int(np.count_nonzero(seen))
        if count == len(known):
            return known
        # Exports only ever follow: as many of them are the same ones.
        earlier = kept.earlier.get(zone.key)
        if earlier is None or len(earlier) != count:
            earlier = kept.earlier[zone.key] = Whole(
                view, known.table.narrowed(seen, view.highest_seq)
            )
        return earlier


def _grown(view: View, known: Whole | None, zone: ZoneInfo) -> Whole:
    table = NONE if known is None else known.table
    grown = grow(view, table, zone)
    if known is not None and len(grown.table) == len(known):
        known.table = grown.table  # the same exports, seen up to a later event
        return known
    whole = Whole(view, grown.table, known, grown.same)
    whole.settle()
    return whole
