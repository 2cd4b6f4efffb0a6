"""Sequences whose items are made when somebody looks: pages show fifteen of many thousands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar, overload

import numpy as np

from auditdash.queries.exports.order import Ints

_FEW: Final = 64  # are found without putting all in order
_Item = TypeVar("_Item")


class Listed(Sequence[_Item]):
    """So many items, each made from its number. A slice of it is a tuple."""

    def __init__(self, numbers: Sequence[int], make: Callable[[int], _Item]) -> None:
        self._numbers = numbers
        self._make = make

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> _Item: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[_Item, ...]: ...
    def __getitem__(self, place: int | slice) -> _Item | tuple[_Item, ...]:
        if isinstance(place, slice):
            return tuple(map(self._make, self._numbers[place]))
        return self._make(self._numbers[place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


class Ranked(Sequence[int]):
    """The numbers of rows in the order of several keys, the first of which counts most. All of them
    are put in order when somebody looks at more than the first few."""

    def __init__(self, *keys: Ints) -> None:
        self._keys = keys
        self._few: list[int] | None = None
        self._all: list[int] | None = None

    def __len__(self) -> int:
        return len(self._keys[0])

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        if isinstance(place, slice) and 0 <= (place.stop or -1) <= _FEW and not place.start:
            return self._first()[place]
        if self._all is None:
            self._all = np.lexsort(self._keys[::-1]).tolist()
        return self._all[place]

    def _first(self) -> list[int]:
        if self._few is None:
            first = self._keys[0]
            rows = np.arange(len(first))
            if len(first) > _FEW:
                rows = np.flatnonzero(first <= np.partition(first, _FEW)[_FEW])
            order = np.lexsort([key[rows] for key in self._keys[::-1]])
            self._few = rows[order][:_FEW].tolist()
        return self._few
