"""Which rows of a segment have a value, by value: they are found without looking at the others."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

_Column: TypeAlias = NDArray[Any]
_Places: TypeAlias = NDArray[np.int64]


class Postings(Struct, frozen=True, eq=False):
    """Each value once: its code, and where its rows begin among `rows`; one start more is where the
    last ones end. Codes rise (of leaves within each path), and so do the rows of a value."""

    codes: _Column
    starts: _Column
    rows: _Column

    def rows_of(self, places: _Places) -> _Column:
        """The rows of the values at these places, value after value."""
        if len(places) == 1:
            return self.rows[int(self.starts[places[0]]) : int(self.starts[places[0] + 1])]
        firsts = self.starts[places].astype(np.int64)
        return self.rows[runs(firsts, self.starts[places + 1] - firsts)]

    def count_of(self, places: _Places) -> int:
        """How many rows these are."""
        return int(
            self.starts[places + 1].sum(dtype=np.int64) - self.starts[places].sum(dtype=np.int64)
        )

    def every(self) -> tuple[_Column, _Column]:
        """The row and the code of each leaf, value after value."""
        first, last = int(self.starts[0]), int(self.starts[-1])
        return self.rows[first:last], np.repeat(self.codes, self.lengths)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many rows each value has."""
        starts = self.starts.astype(np.int64)
        return starts[1:] - starts[:-1]


def runs(firsts: _Places, lengths: _Places) -> _Places:
    """The numbers first, first + 1, …, as many as the run is long, run after run."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    found: _Places = np.repeat(firsts - ends + lengths, lengths)
    found += np.arange(total)
    return found
