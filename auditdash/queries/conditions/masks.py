"""Conditions on the rows of a segment, each a mask with one truth for each row.

A test gets the rows and which of them still matter; of the others it may say what it likes. So what
is dear, such as reading records, is done for few rows.

Some know where their few rows are (`Placed`): then nothing is asked of any other row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.files.segment import Column, Segment

Mask: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.int64]  # of rows, rising; counted from the first of the rows


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

    def within(self, numbers: Column) -> Places:
        """The places of those rows of the segment, which rise, that are among these."""
        rows: Places = numbers.astype(np.int64)
        if len(self) == len(self.segment):
            return rows
        first, last = rows.searchsorted((self.start, self.end)).tolist()
        return rows[first:last] - self.start

    def only(self, places: Places) -> Mask:
        """A mask with the rows at these places."""
        found = self.none()
        found[places] = True
        return found

    def none(self) -> Mask:
        """A mask without a row."""
        return np.zeros(len(self), np.bool_)

    def every(self) -> Mask:
        """A mask with all rows."""
        return np.ones(len(self), np.bool_)


Test: TypeAlias = Callable[[Rows, Mask | None], Mask]


class Placed(Struct, frozen=True, eq=False):
    """A test that can be asked of some rows alone, and may know which are the few it is true of."""

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        """As any test; each kind of test says how."""
        raise NotImplementedError(f"{type(self).__name__} says not where it is true")

    def places(self, rows: Rows) -> Places | None:
        """Where it is true; None where that is not known, or not few."""
        return None

    def at(self, rows: Rows, places: Places) -> Mask:
        """Whether it is true of each of the rows at these places."""
        return self(rows, rows.only(places))[places]


def at(test: Test, rows: Rows, places: Places) -> Mask:
    """Whether a test is true of each of the rows at these places."""
    if isinstance(test, Placed):
        return test.at(rows, places)
    return test(rows, rows.only(places))[places]


class _All(Placed, frozen=True, eq=False):
    tests: Sequence[Test]

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        for each in self.tests:
            found = each(rows, within)
            within = found if within is None else within & found
            if not within.any():
                break
        return rows.every() if within is None else within

    def places(self, rows: Rows) -> Places | None:
        for number, each in enumerate(self.tests):
            found = each.places(rows) if isinstance(each, Placed) else None
            if found is not None:
                return self._narrow(rows, found, number)
        return None

    def at(self, rows: Rows, places: Places) -> Mask:
        found = np.ones(len(places), np.bool_)
        for each in self.tests:
            found[found] = at(each, rows, places[found])
        return found

    def _narrow(self, rows: Rows, places: Places, known: int) -> Places:
        for number, each in enumerate(self.tests):
            if number != known and len(places):
                places = places[at(each, rows, places)]
        return places


def all_of(tests: Sequence[Test]) -> Test:
    """Every test holds."""
    return _All(tests)


class _Any(Placed, frozen=True, eq=False):
    tests: Sequence[Test]

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        found = rows.none()
        for each in self.tests:
            left = ~found if within is None else within & ~found
            found |= each(rows, left)
        return found

    def at(self, rows: Rows, places: Places) -> Mask:
        found = np.zeros(len(places), np.bool_)
        for each in self.tests:
            left = np.flatnonzero(~found)
            if not len(left):
                break
            found[left] = at(each, rows, places[left])
        return found


def any_of(tests: Sequence[Test]) -> Test:
    """At least one test holds."""
    return _Any(tests)


class _None(Placed, frozen=True, eq=False):
    inner: Test

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        return ~self.inner(rows, within)

    def at(self, rows: Rows, places: Places) -> Mask:
        return ~at(self.inner, rows, places)


def none_of(inner: Test) -> Test:
    """The test does not hold, also where it asks for what is missing."""
    return _None(inner)


def everything(rows: Rows, within: Mask | None) -> Mask:
    """Every row."""
    return rows.every()
