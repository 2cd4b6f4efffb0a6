"""Which rows of a segment have a leaf: by path, then by value, so that a value is found at once."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

_Column: TypeAlias = NDArray[Any]
_Places: TypeAlias = NDArray[np.int64]


class Leaves(Struct, frozen=True, eq=False):
    """Each value once for each path: its code, and where its rows begin among `rows`; one start
    more is where the last ones end. The rows of a value rise."""

    codes: _Column
    starts: _Column
    rows: _Column

    def rows_of(self, chosen: NDArray[np.bool_]) -> _Column:
        """The rows of the chosen values, value after value."""
        which = np.flatnonzero(chosen)
        firsts = self.starts[which].astype(np.int64)
        lengths = self.starts[which + 1] - firsts
        return self.rows[runs(firsts, lengths)]

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
