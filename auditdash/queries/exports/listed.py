"""Sequences whose items are made when somebody looks: pages show fifteen of many thousands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

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
