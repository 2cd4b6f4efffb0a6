"""The exports that were asked for, among those of the table: whose they are, and what they say."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.exports.kept.table import Table
from auditdash.queries.exports.order import Bools, Ints, order_by, starts_of


class Asked:
    """Some rows of the table, in its order: by person, then by time.

    `people` are the groups of those who have any, `starts` where the rows of each begin, `counts`
    how many there are. Columns are read when they are asked for: most of all rows, few of a person.
    """

    def __init__(self, view: View, table: Table, chosen: Bools | None) -> None:
        self._table = table
        self._chosen = chosen
        self._groups = groups_of(view, "report")
        self._reports = self._groups.of_code
        counts = _counts(table, chosen)
        self.people = np.flatnonzero(counts)
        self.counts = counts[self.people]
        ends = np.cumsum(self.counts)
        self.starts = ends - self.counts
        self._count = int(ends[-1]) if len(ends) else 0

    def __len__(self) -> int:
        return self._count

    def column(self, name: str) -> NDArray[Any]:
        """A column of the table in all of these rows."""
        column: NDArray[Any] = getattr(self._table, name)
        return column if self._chosen is None else column[self._chosen]

    def some(self, name: str, rows: slice | Ints) -> NDArray[Any]:
        """A column of the table in a few of its rows."""
        column: NDArray[Any] = getattr(self._table, name)
        return column[rows]

    def of_person(self, place: int) -> slice | Ints:
        """The rows of the table of a person, who is known by their place among all."""
        rows = self._table.of_person(int(self.people[place]))
        if self._chosen is None:
            return rows
        found: Ints = np.flatnonzero(self._chosen[rows]) + rows.start
        return found

    def rows(self, numbers: Ints) -> Ints:
        """The rows of the table of a few of these rows, by their numbers."""
        return numbers if self._chosen is None else np.flatnonzero(self._chosen)[numbers]

    def marked(self, mark: int) -> Ints:
        """Of each person how many rows have a mark."""
        marked = (self._table.marks & mark) != 0
        if self._chosen is not None:
            marked &= self._chosen
        return _counts(self._table, marked)[self.people]

    @cached_property
    def reports(self) -> Ints:
        """How many rows each report has, by its group."""
        return self._groups.add(np.bincount(self.column("entities")))

    def of_report(self, group: int) -> Ints:
        """The rows of a report, by time and seq."""
        order, starts = self._by_report
        place = int(np.searchsorted(self._reported, group))
        rows = order[starts[place] : starts[place + 1]].astype(np.int64)
        by_time = np.lexsort((self.some("seqs", rows), self.some("times", rows)))
        found: Ints = rows[by_time]
        return found

    def reports_in(self, rows: slice | Ints) -> Ints:
        """The report of a few rows."""
        reports: Ints = self._reports[self.some("entities", rows)]
        return reports

    def people_in(self, rows: Ints) -> Ints:
        """The groups of the people of a few rows."""
        return np.searchsorted(self._table.starts, rows, "right") - 1

    @cached_property
    def _reported(self) -> Ints:
        return np.flatnonzero(self.reports)

    @cached_property
    def _by_report(self) -> tuple[NDArray[np.int32], Ints]:
        order = order_by(self._reports[self.column("entities")])
        return self.rows(order).astype(np.int32), np.concatenate(
            ([0], np.cumsum(self.reports[self._reported]))
        )


def distinct(numbers: Ints) -> int:
    """How many different ones there are."""
    return len(starts_of(np.sort(numbers)))


def _counts(table: Table, chosen: Bools | None) -> Ints:
    """How many chosen rows each person has, by their group."""
    if chosen is None:
        return np.diff(table.starts)
    return np.diff(np.searchsorted(np.flatnonzero(chosen), table.starts))
