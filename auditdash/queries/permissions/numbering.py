"""Numbers for what changes name: equal for what is the same text, whatever its case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.folding import fold_case
from auditdash.index.batch import Entry
from auditdash.index.files.segment import Column

Numbers: TypeAlias = NDArray[np.int64]
MISSING: Final = -1
THE_ONE: Final = 0  # the text of what needs no name
_UNKNOWN: Final = -2


class Texts:
    """Texts by number. An empty one is none."""

    def __init__(self) -> None:
        self._numbers = {"": THE_ONE}
        self.written = [""]  # by number, as it was written first
        self.keys = [""]  # by number, folded

    def number(self, text: str | None) -> int:
        """The number of a text, MISSING for none."""
        return self._number(fold_case(text), text) if text else MISSING

    def key_number(self, key: str | None) -> int:
        """The number of a text that is folded."""
        return self._number(key, key) if key else MISSING

    def find(self, text: str) -> int:
        """The number of a text that has one; MISSING for any other."""
        return self._numbers.get(fold_case(text), MISSING)

    def _number(self, key: str, text: str) -> int:
        number = self._numbers.setdefault(key, len(self._numbers))
        if number == len(self.written):
            self.written.append(text)
            self.keys.append(key)
        return number


class Named(Struct, frozen=True, eq=False):
    """For each number of a person or thing its kind and the numbers of its id and its name."""

    kinds: Numbers
    ids: Numbers
    names: Numbers


class Naming:
    """Numbers each (kind, id, name) that occurs."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int, int], int] = {}
        self._new: list[tuple[int, int, int]] = []
        self._known = np.empty((3, 0), np.int64)

    def number(self, kind: int, identity: int, name: int) -> int:
        """The number of one person or thing, as it is named."""
        given = (kind, identity, name)
        number = self._numbers.get(given)
        if number is None:
            number = self._numbers[given] = len(self._numbers)
            self._new.append(given)
        return number

    def named(self) -> Named:
        """All that have a number now."""
        if self._new:
            new = np.array(self._new, np.int64).T
            self._known = np.concatenate((self._known, new), axis=1)
            self._new = []
        return Named(*self._known)


class CodeNumbers:
    """The number of each code of a dictionary, found when the code is first asked for."""

    def __init__(self, number: Callable[[Entry], int]) -> None:
        self._number = number
        self._numbers = np.empty(0, np.int64)

    def of(self, codes: Column, entries: Sequence[Entry]) -> Numbers:
        """The numbers of these codes of a dictionary with these entries."""
        missing = len(entries) - len(self._numbers)
        if missing > 0:
            self._numbers = np.pad(self._numbers, (0, missing), constant_values=_UNKNOWN)
        found: Numbers = self._numbers[codes]
        unknown = np.unique(codes[found == _UNKNOWN]).tolist()
        if unknown:
            self._numbers[unknown] = [self._number(entries[code]) for code in unknown]
            found = self._numbers[codes]
        return found
