"""Rows brought together by the group that they are of."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

_DIGIT: Final = 16  # bits; numbers so narrow numpy sorts by their digits, without comparing
_LOW: Final = (1 << _DIGIT) - 1
_HALF: Final = 32
_ZERO: Final = 1 << 31  # a day before 1970 has a negative number


def order_by(groups: Ints) -> Ints:
    """The places of rows by group, 0 to 2³² - 1; those of one group keep their order."""
    order: Ints = np.argsort((groups & _LOW).astype(np.uint16), kind="stable")
    if len(groups) and int(groups.max()) > _LOW:
        high = (groups[order] >> _DIGIT).astype(np.uint16)
        order = order[np.argsort(high, kind="stable")]
    return order


def day_key(groups: Ints, days: Ints) -> Ints:
    """One number for a group and a day."""
    keys: Ints = groups << _HALF | (days + _ZERO)
    return keys


def day_of(key: int) -> int:
    """The day that a key is of."""
    return (key & (_ZERO * 2 - 1)) - _ZERO


def group_of(keys: Ints) -> Ints:
    """The group that a key is of."""
    groups: Ints = keys >> _HALF
    return groups


def starts_of(*columns: NDArray[Any]) -> Ints:
    """The places of rows in which a column is not as in the row before; the first is one."""
    changed = np.ones(len(columns[0]), np.bool_)
    if len(changed):
        changed[1:] = columns[0][1:] != columns[0][:-1]
        for column in columns[1:]:
            changed[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changed)


def lengths_of(starts: Ints, count: int) -> Ints:
    """How many rows there are from each start to the next, of `count` rows."""
    return np.diff(starts, append=count)


def rank(counts: Ints, places: Ints) -> Ints:
    """The places of the largest counts first, equal ones by their keys, whose places these are."""
    ranked: Ints = np.lexsort((places, -counts))
    return ranked
