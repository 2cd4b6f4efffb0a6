"""The entries that have a key, by the hashes of keys: twelve bytes each, where a table of Python
would take two hundred."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.finding.pieces import add_piece


class _Piece(Struct, frozen=True, eq=False):
    """Hashes, rising, and the code beside each."""

    hashes: NDArray[np.int64]
    codes: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.hashes)


class ByKey:
    """Codes by key. What is found is a candidate: another key may have the same hash."""

    def __init__(self) -> None:
        self._pieces: tuple[_Piece, ...] = ()
        self.known = 0

    def add(self, keys: Iterable[Iterable[str]]) -> None:
        """The keys of the entries that follow those which are known."""
        hashes: list[int] = []
        codes: list[int] = []
        for each in keys:
            for key in each:
                hashes.append(hash(key))
                codes.append(self.known)
            self.known += 1
        if hashes:
            piece = _sorted(np.array(hashes, np.int64), np.array(codes, np.uint32))
            self._pieces = add_piece(self._pieces, piece, _merge)

    def candidates(self, keys: Sequence[str]) -> set[int]:
        """The codes of entries that may have one of these keys."""
        wanted = np.array([hash(key) for key in keys], np.int64)
        found: set[int] = set()
        for piece in self._pieces:
            starts = piece.hashes.searchsorted(wanted, "left").tolist()
            ends = piece.hashes.searchsorted(wanted, "right").tolist()
            for start, end in zip(starts, ends, strict=True):
                found.update(piece.codes[start:end].tolist())
        return found


def _sorted(hashes: NDArray[np.int64], codes: NDArray[np.uint32]) -> _Piece:
    order = np.argsort(hashes, kind="stable")
    return _Piece(hashes[order], codes[order])


def _merge(one: _Piece, two: _Piece) -> _Piece:
    return _sorted(np.concatenate((one.hashes, two.hashes)), np.concatenate((one.codes, two.codes)))
