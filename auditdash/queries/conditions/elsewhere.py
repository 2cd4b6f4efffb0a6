"""Values that are in no dictionary because there are too many of them, or they are too long.

Their words tell which events may have what is asked for; the records of those tell the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditdash.events.folding import fold_words
from auditdash.index.adopt import ELSEWHERE
from auditdash.index.events import iterate_numbered
from auditdash.index.view import View
from auditdash.index.words import candidates
from auditdash.queries.conditions import masks as on
from auditdash.queries.conditions.masks import Mask, Rows, Test
from auditdash.search.match import NO_MARKS, Predicate
from auditdash.search.query import Atom

_LONGEST_READ: Final = 400  # of a value: keys of longer ones are cut, and have other words
Words = Sequence[str]


def words_of(atom: Atom) -> Words:
    """Words that each value of this atom has, the last one perhaps only as the beginning of one."""
    text = atom.text.split("*")[0] if atom.wild else atom.text
    return fold_words(text).split() if len(text) <= _LONGEST_READ else ()


class Verifier:
    """Compares candidates with their records, each once."""

    def __init__(self, view: View, holds: Predicate) -> None:
        self._view = view
        self._holds = holds
        self._known: dict[int, bool] = {}

    def verify(self, rows: Rows, places: NDArray[np.int64]) -> Mask:
        """Which rows hold, of those at these places among the rows; all others do not."""
        view, found = self._view, rows.none()
        if not len(places):
            return found
        seqs = rows.segment.seqs[places + rows.start].tolist()
        unknown = [seq for seq in seqs if seq not in self._known and seq <= view.highest_seq]
        for event in iterate_numbered(view.connection, view.workspace_id, view.slug, unknown):
            self._known[event.seq] = self._holds(event, NO_MARKS)
        found[places] = [self._known.get(seq, False) for seq in seqs]
        return found


def in_any_value(view: View, holds: Predicate, words: Words) -> Test:
    """Free text among the values elsewhere."""
    verifier = Verifier(view, holds)

    def test(rows: Rows, within: Mask | None) -> Mask:
        return verifier.verify(rows, _places(rows, words, within))

    return test


def in_path(view: View, path: int, holds: Predicate, asked: Sequence[Words]) -> Test:
    """A leaf of this path whose value is elsewhere; `asked` are the words of each alternative."""
    verifier = Verifier(view, holds)

    def test(rows: Rows, within: Mask | None) -> Mask:
        here = rows.segment.leaves(path)
        if here is None or here.codes[0] != ELSEWHERE:  # codes rise
            return rows.none()
        elsewhere = on.at(rows, here.rows_of(here.codes == ELSEWHERE))
        if within is not None:
            elsewhere &= within
        if not elsewhere.any():
            return elsewhere
        if not all(asked):
            return verifier.verify(rows, np.flatnonzero(elsewhere))
        found = np.unique(np.concatenate([_places(rows, words, elsewhere) for words in asked]))
        return verifier.verify(rows, found)

    return test


def _places(rows: Rows, words: Words, within: Mask | None) -> NDArray[np.int64]:
    found = candidates(rows.segment, words)
    found = found[(found >= rows.start) & (found < rows.end)] - rows.start
    return found if within is None else found[within[found]]
