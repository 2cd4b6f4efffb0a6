"""Rows in one order, of which any stretch is counted without looking at each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from auditdash.queries.exports.order import Ints

BLOCK: Final = 1 << 15  # rows that may have to be looked at
Rows = NDArray[np.int32]
Numbers = Callable[[slice], NDArray[Any]]


def place_of(times: Ints, order: Rows, at: Ints, side: Literal["left", "right"] = "left") -> Ints:
    """How many of the ordered rows come before each of some instants; with `right` those of the
    very instant, too. Columns need not be put in order for it."""
    low, high = np.zeros(len(at), np.int64), np.full(len(at), len(order), np.int64)
    while len(order) and (low < high).any():
        middle = (low + high) >> 1
        found = times[order[np.minimum(middle, len(order) - 1)]]
        before = (low < high) & ((found < at) if side == "left" else (found <= at))
        high = np.where(before | (low == high), high, middle)
        low = np.where(before, middle + 1, low)
    return low


class Sums:
    """How often each number occurs among the first so many of the ordered rows."""

    def __init__(
        self, count: int, numbers: Numbers, size: int, before: Sums | None = None, same: int = 0
    ) -> None:
        """Of `count` rows; `numbers` tells those of some of them in their order, each below `size`.
        `before` counted the same numbers of the first `same` rows."""
        self._numbers = numbers
        self._size = size
        self._until = np.zeros((count // BLOCK + 1, size), np.int32)
        first = 0
        if before is not None:
            first = min(same // BLOCK, len(before._until) - 1)
            self._until[: first + 1, : before._size] = before._until[: first + 1]
        for block in range(first, len(self._until) - 1):
            self._until[block + 1] = self._until[block] + self._count(
                block * BLOCK, (block + 1) * BLOCK
            )

    def until(self, place: int) -> Ints:
        """Of the rows before this place."""
        block = place // BLOCK
        found: Ints = self._until[block] + self._count(block * BLOCK, place)
        return found

    def last(self, place: int, chosen: Ints) -> int:
        """The place of the last row before this place that has one of these numbers; there is
        one."""
        wanted = np.zeros(self._size, np.bool_)
        wanted[chosen] = True
        block, end = place // BLOCK, place
        while True:
            found = np.flatnonzero(wanted[self._numbers(slice(block * BLOCK, end))])
            if len(found):
                return block * BLOCK + int(found[-1])
            until = self._until[: block + 1, chosen].sum(axis=1)
            block = int(np.searchsorted(until, until[-1])) - 1
            end = (block + 1) * BLOCK

    def _count(self, start: int, end: int) -> Ints:
        return np.bincount(self._numbers(slice(start, end)), minlength=self._size)
