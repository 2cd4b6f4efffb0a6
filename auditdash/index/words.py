"""Words of values that are in no dictionary: where to look for them in the records.

A word is kept as its first eight bytes. What is found by them is a candidate, to be compared with
its record: for most words that is no loss, for all it is exact in the end.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from auditdash.events.folding import fold_words
from auditdash.index.files.segment import Segment
from auditdash.index.order import MARKED

_BYTES: Final = 8
_LETTERS: Final = (string.ascii_letters + string.digits + "\n").encode()
_PLAIN: Final = bytes(ord(chr(byte).lower()) if byte in _LETTERS else 32 for byte in range(256))


def word_keys(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The keys of the words of these texts, one text after the other, and how many each has."""
    words = [text.split() for text in _folded(texts)]
    counts = np.fromiter(map(len, words), np.int64, len(words))
    # As many bytes as a key has, with zeros behind those of a shorter word.
    beginnings = np.array(list(chain.from_iterable(words)), f"S{_BYTES}")
    return beginnings.view(f">u{_BYTES}").astype(np.uint64), counts


def _folded(texts: Sequence[str]) -> Iterator[bytes]:
    """Each as `fold_words` folds it, but for spaces. Most are ASCII, and folded all at once."""
    plain = "\n".join(text.replace("\n", " ") for text in texts if text.isascii())
    lines = iter(plain.encode().translate(_PLAIN).split(b"\n"))
    for text in texts:
        yield next(lines) if text.isascii() else fold_words(text).encode()


def candidates(segment: Segment, words: Sequence[str]) -> NDArray[np.int64]:
    """The rows, rising, that may hold these folded words, the last one as the beginning of a word.

    Without a word it is every row that holds any.
    """
    rows = segment.column("word_row")
    found: NDArray[np.int64] | None = None
    for number, word in enumerate(words):
        first = _key(word)
        last = _last_key(word) if number == len(words) - 1 else first
        start, end = _place(segment, first, "left"), _place(segment, last, "right")
        if start == end:
            return np.zeros(0, np.int64)
        here = np.unique(rows[start:end]).astype(np.int64)
        found = here if found is None else np.intersect1d(found, here, assume_unique=True)
    return np.unique(rows).astype(np.int64) if found is None else found


def _place(segment: Segment, key: int, side: Literal["left", "right"]) -> int:
    """Where the key would stand. The marks lie together, so that few pages of the file are read."""
    wanted = np.uint64(key)
    mark = int(segment.column("word_mark").searchsorted(wanted, side))
    first = max(mark - 1, 0) * MARKED
    some = segment.column("word_key")[first : mark * MARKED]
    return first + int(some.searchsorted(wanted, side))


def _key(word: str) -> int:
    return int.from_bytes(word.encode()[:_BYTES].ljust(_BYTES, b"\x00"), "big")


def _last_key(word: str) -> int:
    beginning = word.encode()[:_BYTES]
    spare = 8 * (_BYTES - len(beginning))
    return int.from_bytes(beginning, "big") << spare | (1 << spare) - 1
