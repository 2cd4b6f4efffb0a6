"""The entries that have a word, by words in their order: those that begin alike stand together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.folding import BETWEEN_TEXTS
from auditdash.index.files.postings import runs
from auditdash.index.finding.pieces import add_piece

Codes = NDArray[np.uint32]
_BEHIND = b"\xff"  # is in no text, and behind all that is


class _Words:
    """Distinct words, rising, as one text: Python's own would take ten times as much."""

    def __init__(self, words: Sequence[bytes]) -> None:
        self._text = b"".join(words)
        self._ends = np.cumsum(np.array([len(word) for word in words], np.int64)).astype(np.uint32)

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[bytes]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place: int) -> bytes:
        start = self._ends[place - 1] if place else 0
        return self._text[start : self._ends[place]]


class _Piece(Struct, frozen=True, eq=False):
    """The codes of each word, rising, from its start to the next."""

    words: _Words
    starts: NDArray[np.int64]
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many codes each word has."""
        return self.starts[1:] - self.starts[:-1]

    def beginning(self, word: bytes) -> Codes:
        """The codes of all words that begin so."""
        first, last = bisect_left(self.words, word), bisect_left(self.words, word + _BEHIND)
        return self.codes[self.starts[first] : self.starts[last]]

    def exactly(self, word: bytes) -> Codes:
        """The codes of one word."""
        place = bisect_left(self.words, word)
        if place == len(self.words) or self.words[place] != word:
            return self.codes[:0]
        return self.codes[self.starts[place] : self.starts[place + 1]]


class ByWord:
    """Codes by word."""

    def __init__(self) -> None:
        self._pieces: tuple[_Piece, ...] = ()
        self.known = 0

    def add(self, texts: Iterable[str]) -> None:
        """The words of the entries that follow those which are known."""
        codes: dict[str, list[int]] = {}
        for text in texts:
            for word in {*text.split()} - {BETWEEN_TEXTS}:
                codes.setdefault(word, []).append(self.known)
            self.known += 1
        if codes:
            self._pieces = add_piece(self._pieces, _piece(codes), _merge)

    def with_words(self, words: Sequence[str]) -> Codes:
        """The entries that have all of these words, the last one perhaps as a beginning of one."""
        *whole, last = (word.encode() for word in words)
        each = [
            [piece.beginning(last), *(piece.exactly(word) for word in whole)]
            for piece in self._pieces
        ]
        found = [reduce(np.intersect1d, sorted(codes, key=len)) for codes in each]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint32)


def _piece(codes: dict[str, list[int]]) -> _Piece:
    encoded = sorted((word.encode(), word) for word in codes)
    lengths = np.array([len(codes[word]) for _, word in encoded], np.int64)
    every = chain.from_iterable(codes[word] for _, word in encoded)
    return _Piece(
        _Words([word for word, _ in encoded]),
        np.concatenate(([0], np.cumsum(lengths))),
        np.fromiter(every, np.uint32, int(lengths.sum())),
    )


def _merge(one: _Piece, two: _Piece) -> _Piece:
    """The words of both; the codes of the one come before those of the other."""
    words = sorted({*one.words, *two.words})
    number = {word: place for place, word in enumerate(words)}
    places = [np.array([number[word] for word in piece.words], np.int64) for piece in (one, two)]
    lengths = np.zeros(len(words), np.int64)
    for piece, here in zip((one, two), places, strict=True):
        lengths[here] += piece.lengths
    starts = np.concatenate(([0], np.cumsum(lengths)))
    codes = np.empty(starts[-1], np.uint32)
    free = starts[:-1].copy()
    for piece, here in zip((one, two), places, strict=True):
        codes[runs(free[here], piece.lengths)] = piece.codes
        free[here] += piece.lengths
    return _Piece(_Words(words), starts, codes)
