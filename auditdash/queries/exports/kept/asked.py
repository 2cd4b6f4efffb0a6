"""The exports that were asked for: whose they are, and what they say."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditdash.events.periods import Period
from auditdash.index.view import View
from auditdash.queries.compile import Condition
from auditdash.queries.exports.kept.sums import Rows, place_of
from auditdash.queries.exports.kept.table import chosen
from auditdash.queries.exports.kept.whole import Spans, Whole
from auditdash.queries.exports.order import Ints
from auditdash.queries.exports.rows import export_actions


class Asked:
    """The exports of a period, among those of a table: of each person a stretch of its rows.

    `people` are the groups of those who have any, `starts` and `ends` where the rows of each begin
    and end. No row is looked at that is not asked for.
    """

    def __init__(self, whole: Whole, period: Period) -> None:
        self.whole = whole
        self.first = 0 if period.start is None else _place(whole, period.start)
        self.last = len(whole) if period.end is None else _place(whole, period.end)
        self.last = max(self.first, self.last)
        starts, ends = (self._rows_until(each) for each in (self.first, self.last))
        self.people = np.flatnonzero(ends > starts)
        self.starts, self.ends = starts[self.people], ends[self.people]
        self.counts = self.ends - self.starts

    def __len__(self) -> int:
        return self.last - self.first

    def _rows_until(self, place: int) -> Ints:
        """Of each person the row behind those that come before a place in time."""
        starts = self.whole.table.starts
        if place in {0, len(self.whole)}:
            return starts[1:] if place else starts[:-1]
        return starts[:-1] + self.whole.by_person.until(place)

    def some(self, name: str, rows: slice | Rows | Ints) -> NDArray[Any]:
        """A column of the table in a few of its rows."""
        column: NDArray[Any] = getattr(self.whole.table, name)
        return column[rows]

    def time_at(self, place: int) -> int:
        """When an export was, by its place in the order of time."""
        return int(self.whole.table.times[self.whole.table.order[place]])

    def of_person(self, place: int) -> slice:
        """The rows of a person, who is known by their place among all."""
        return slice(int(self.starts[place]), int(self.ends[place]))

    def has_actor(self, group: int, code: int) -> bool:
        """Whether a person made one of these exports under a code of the actors."""
        place = int(np.searchsorted(self.people, group))
        if place == len(self.people) or self.people[place] != group:
            return False
        return bool((self.some("actors", self.of_person(place)) == code).any())

    def marked(self, mark: int) -> Ints:
        """Of each person how many rows have a mark."""
        rows = self.whole.marked(mark)
        return np.searchsorted(rows, self.ends) - np.searchsorted(rows, self.starts)

    def count_marked(self, mark: int) -> int:
        """How many rows have a mark."""
        marks = np.arange(self._kinds.shape[1])
        return int(self._kinds[:, marks & mark != 0].sum())

    @property
    def by_kind(self) -> dict[str, int]:
        """How many there are of each kind that occurs."""
        counts = self._kinds.sum(axis=1).tolist()
        named = zip(export_actions(), counts, strict=True)
        return {name: count for name, count in named if count}

    @cached_property
    def _kinds(self) -> Ints:
        sums = self.whole.by_kind
        found: Ints = sums.until(self.last) - sums.until(self.first)
        return found.reshape(len(export_actions()), -1)

    @cached_property
    def reports(self) -> Ints:
        """How many rows each report has, by its group."""
        first, last = self._reports
        return last - first

    @cached_property
    def _reports(self) -> tuple[Ints, Ints]:
        sums = self.whole.by_report
        return sums.until(self.first), sums.until(self.last)

    def of_report(self, group: int) -> Rows:
        """The rows of a report, by time and seq."""
        order, starts = self.whole.of_reports
        first, last = (int(starts[group] + each[group]) for each in self._reports)
        return order[first:last]

    def reports_in(self, rows: slice) -> int:
        """How many reports there are in some rows."""
        return distinct(self.whole.reports_of(rows))

    def people_in(self, rows: Rows) -> int:
        """How many people there are in some rows."""
        behind = np.searchsorted(np.sort(rows), self.whole.table.starts)
        return int(np.count_nonzero(np.diff(behind)))

    def spans(self, spans: Spans, least: int) -> tuple[Ints, Ints, Ints]:
        """Of those that have so many rows here: the place of the person, where its rows begin, and
        where they end."""
        long = np.flatnonzero(spans.ends - spans.firsts >= least)
        firsts, ends = spans.firsts[long], spans.ends[long]
        places = np.searchsorted(self.ends, firsts, "right")  # the first who ends behind its begin
        if not len(self.people):
            return places, firsts, ends
        there = places < len(self.people)
        places, firsts, ends = places[there], firsts[there], ends[there]
        firsts = np.maximum(firsts, self.starts[places])
        ends = np.minimum(ends, self.ends[places])
        enough = ends - firsts >= least
        return places[enough], firsts[enough], ends[enough]


def exports_asked(view: View, whole: Whole, condition: Condition) -> Asked:
    """Those of all exports in sight that answer a condition."""
    if condition.test is None:
        return Asked(whole, condition.period)
    answers = chosen(whole.table, condition)
    narrowed = whole.table.narrowed(answers, whole.table.last_seq)
    return Asked(Whole(view, narrowed), Period())


def _place(whole: Whole, at: int) -> int:
    """How many exports come before an instant."""
    return int(place_of(whole.table.times, whole.table.order, np.array([at]))[0])


def distinct(numbers: Ints) -> int:
    """How many different ones there are, of small numbers."""
    seen = np.zeros(int(numbers.max(initial=-1)) + 1, np.bool_)
    seen[numbers] = True
    return int(np.count_nonzero(seen))
