"""Conditions on the values of rows: codes of a column, leaves, marks and instants."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np

from auditdash.index.files.dictionary import Choice
from auditdash.index.files.segment import Column, Segment
from auditdash.index.order import POSTED
from auditdash.queries.conditions.masks import Mask, Placed, Places, Rows, Test

_FEW: Final = 3  # to compare with each is faster than to look up
_SEARCHED: Final = 64  # so many codes are searched for; more are looked up
_SOME: Final = 4  # of fewer rows than one of so many it is faster to mark each than to look up all
_SPARSE: Final = 16  # of fewer than one of so many each further condition is asked of them alone


class _Coded(Placed, frozen=True, eq=False):
    name: str
    choice: Choice

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        codes, choice = rows.column(self.name), self.choice
        if self.name in POSTED and _FEW < len(choice.codes) < len(choice.table):
            here = rows.segment.rows_by(self.name)
            which = _chosen(here.codes, choice)
            if here.count_of(which) < len(codes) // _SOME:
                return marks(rows, here.rows_of(which))
        return hits(codes, choice)

    def places(self, rows: Rows) -> Places | None:
        if self.name not in POSTED:
            return None
        if len(self.choice.codes) > _SEARCHED:
            found = self._few(rows.segment)
        else:
            key = self.name, self.choice.codes.tobytes()
            found = rows.segment.once(key, self._few)
        return None if found is None else rows.within(found)

    def _few(self, segment: Segment) -> Column | None:
        """The rows of a segment that have it, rising; None where they are not few."""
        here = segment.rows_by(self.name)
        which = _chosen(here.codes, self.choice)
        if here.count_of(which) > len(segment) // _SPARSE:
            return None
        found = here.rows_of(which)
        return found if len(which) < 2 else np.sort(found)

    def at(self, rows: Rows, places: Places) -> Mask:
        return hits(rows.column(self.name)[places], self.choice)


def coded(name: str, choice: Choice) -> Test:
    """The code of the column is one of the choice."""
    return _Coded(name, choice)


def hits(codes: Column, choice: Choice) -> Mask:
    """Which codes are of the choice."""
    chosen = choice.codes
    if len(chosen) == 0:
        return np.zeros(len(codes), np.bool_)
    if len(chosen) == len(choice.table):
        return np.ones(len(codes), np.bool_)
    if len(chosen) > _FEW:
        looked_up: Mask = choice.table.take(codes)
        return looked_up
    return reduce(np.logical_or, [codes == code for code in chosen])


def _chosen(codes: Column, choice: Choice) -> Places:
    """At which places of rising codes those of the choice are."""
    if len(choice.codes) > _SEARCHED:
        return np.flatnonzero(choice.table.take(codes))
    known = choice.codes.searchsorted(1 << 8 * codes.dtype.itemsize)  # larger ones are not here
    wanted = choice.codes[:known].astype(codes.dtype)
    found = np.searchsorted(codes, wanted)
    wanted, found = wanted[found < len(codes)], found[found < len(codes)]
    chosen: Places = found[codes[found] == wanted]
    return chosen


def union(choices: Sequence[Choice]) -> Choice:
    """What is in any of them. They are of one dictionary, perhaps of different lengths."""
    if len(choices) == 1:
        return choices[0]
    table = np.zeros(max((len(choice.table) for choice in choices), default=0), np.bool_)
    for choice in choices:
        table[choice.codes] = True
    return Choice(np.flatnonzero(table).astype(np.uint32), table)


def marked(bit: int) -> Test:
    """A mark that was set when the event came."""
    return lambda rows, within: (rows.column("flags") & bit) != 0


def between(name: str, start: int | None, end: int | None) -> Test:
    """The instant of a column lies in a half-open period."""

    def test(rows: Rows, within: Mask | None) -> Mask:
        instants = rows.times if name == "time" else rows.column(name)
        found = rows.every()
        if start is not None:
            found &= instants >= start
        if end is not None:
            found &= instants < end
        return found

    return test


class _Leaf(Placed, frozen=True, eq=False):
    path: int | None
    choice: Choice

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        here = rows.segment.leaves_by(self.path)
        if here is None:
            return rows.none()
        return marks(rows, here.rows_of(np.flatnonzero(hits(here.codes, self.choice))))

    def at(self, rows: Rows, places: Places) -> Mask:
        return self(rows, None)[places]


def leaves(path: int | None, choice: Choice) -> Test:
    """A leaf of this path, or of any, has a value of the choice."""
    return _Leaf(path, choice)


def marks(rows: Rows, places: Column) -> Mask:
    """Which of the rows are at these places of their segment."""
    found = np.zeros(len(rows.segment), np.bool_)
    found[places] = True
    return found[rows.start : rows.end]
