"""From which networks who exported: a number for each pair that occurs, kept while more come."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.exports.kept.sums import BLOCK, Rows, Sums
from auditdash.queries.exports.kept.whole import Whole
from auditdash.queries.exports.order import Bools, Ints, starts_of

_HALF: Final = 32
_LOW: Final = (1 << _HALF) - 1
_FAR: Final = np.iinfo(np.int64).max


class Pairs:
    """The pairs of all exports of a table, by number: `firsts` is when the first export was, `sums`
    counts them. Numbers stay when more come."""

    def __init__(self, view: View, whole: Whole, before: Pairs | None = None) -> None:
        self._whole = whole
        self._networks = groups_of(view, "ip").of_code
        table = whole.table
        if before is None or before._whole.table.last_seq > table.last_seq:
            before = None
        nothing = np.zeros(0, np.int64)
        self.keys: Ints = nothing if before is None else before.keys
        self.firsts: Ints = nothing if before is None else before.firsts.copy()
        self._sorter = np.argsort(self.keys)
        # Of each export by time, in the order of which those that were known stay.
        self._numbers: NDArray[np.int32] = np.empty(len(table), np.int32)
        new = np.ones(len(table), np.bool_)
        if before is not None:
            new = (table.seqs > before._whole.table.last_seq)[table.order]
            self._numbers[~new] = before._numbers
        places = np.flatnonzero(new)
        for start in range(0, len(places), BLOCK):
            some = places[start : start + BLOCK]
            self._numbers[some] = self._add(table.order[some])
        same = int(places[0]) if len(places) else len(table)
        self.sums: Sums = Sums(
            len(table),
            self._numbers.__getitem__,
            len(self.keys),
            before.sums if before is not None and same else None,
            same,
        )

    @property
    def people(self) -> Ints:
        """The person of each pair."""
        return self.keys >> _HALF

    @property
    def networks(self) -> Ints:
        """The network of each pair."""
        return self.keys & _LOW

    def places(self, keys: Ints) -> Ints:
        """The numbers of pairs that occur."""
        found: Ints = self._sorter[np.searchsorted(self.keys, keys, sorter=self._sorter)]
        return found

    def _add(self, rows: Rows) -> Ints:
        """The numbers of some rows, which may be of pairs that have none yet."""
        keys, times = self._keys_of(rows), self._whole.table.times[rows]
        occurring = np.sort(keys)
        occurring = occurring[starts_of(occurring)]
        unknown = occurring[~self._known(occurring)]
        if len(unknown):
            self.keys = np.concatenate((self.keys, unknown))
            self._sorter = np.argsort(self.keys)
            self.firsts = np.concatenate((self.firsts, np.full(len(unknown), _FAR)))
        numbers = self.places(keys)
        np.minimum.at(self.firsts, numbers, times)
        return numbers

    def _known(self, keys: Ints) -> Bools:
        if not len(self.keys):
            return np.zeros(len(keys), np.bool_)
        at = np.searchsorted(self.keys, keys, sorter=self._sorter)
        found: Bools = self.keys[self._sorter[np.minimum(at, len(self.keys) - 1)]] == keys
        return found

    def _keys_of(self, rows: Rows) -> Ints:
        people = self._whole.people_of(rows)
        found: Ints = people << _HALF | self._networks[self._whole.table.ips[rows]]
        return found
