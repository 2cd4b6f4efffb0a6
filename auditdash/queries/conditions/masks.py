"""Conditions on the rows of a segment, each a mask with one truth for each row.

A test gets the rows and which of them still matter; of the others it may say what it likes. So what
is dear, such as reading records, is done for few rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.files.dictionary import Choice
from auditdash.index.files.segment import Column, Segment

Mask: TypeAlias = NDArray[np.bool_]
_FEW = 3  # to compare with each is faster than to look up


class Rows(Struct, frozen=True, eq=False):
    """The rows start … end - 1 of a segment; they rise in time."""

    segment: Segment
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def column(self, name: str) -> Column:
        """The numbers of a column in these rows."""
        return self.segment.column(name)[self.start : self.end]

    @property
    def times(self) -> NDArray[np.int64]:
        """When each happened."""
        return self.segment.times[self.start : self.end]

    def none(self) -> Mask:
        """A mask without a row."""
        return np.zeros(len(self), np.bool_)

    def every(self) -> Mask:
        """A mask with all rows."""
        return np.ones(len(self), np.bool_)


Test: TypeAlias = Callable[[Rows, Mask | None], Mask]


def all_of(tests: Sequence[Test]) -> Test:
    """Every test holds."""

    def test(rows: Rows, within: Mask | None) -> Mask:
        for each in tests:
            found = each(rows, within)
            within = found if within is None else within & found
            if not within.any():
                break
        return rows.every() if within is None else within

    return test


def any_of(tests: Sequence[Test]) -> Test:
    """At least one test holds."""

    def test(rows: Rows, within: Mask | None) -> Mask:
        found = rows.none()
        for each in tests:
            left = ~found if within is None else within & ~found
            found |= each(rows, left)
        return found

    return test


def none_of(inner: Test) -> Test:
    """The test does not hold, also where it asks for what is missing."""
    return lambda rows, within: ~inner(rows, within)


def everything(rows: Rows, within: Mask | None) -> Mask:
    """Every row."""
    return rows.every()


def coded(name: str, choice: Choice) -> Test:
    """The code of the column is one of the choice."""
    return lambda rows, within: hits(rows.column(name), choice)


def hits(codes: Column, choice: Choice) -> Mask:
    """Which codes are of the choice."""
    chosen = choice.codes
    if len(chosen) == 0:
        return np.zeros(len(codes), np.bool_)
    if len(chosen) == len(choice.table):
        return np.ones(len(codes), np.bool_)
    if len(chosen) > _FEW:
        looked_up: Mask = choice.table[codes]
        return looked_up
    found: Mask = codes == chosen[0]
    for code in chosen[1:]:
        found |= codes == code
    return found


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


def leaves(path: int | None, choice: Choice) -> Test:
    """A leaf of this path, or of any, has a value of the choice."""

    def test(rows: Rows, within: Mask | None) -> Mask:
        here = rows.segment.leaves(path)
        if here is None:
            return rows.none()
        return at(rows, here.rows_of(hits(here.codes, choice)))

    return test


def at(rows: Rows, places: Column) -> Mask:
    """Which of the rows are at these places of their segment."""
    found = np.zeros(len(rows.segment), np.bool_)
    found[places] = True
    return found[rows.start : rows.end]
