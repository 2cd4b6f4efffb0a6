"""Values that are in no dictionary because there are too many of them, or they are too long.

Their words tell which events may have what is asked for; the records of those tell the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from auditdash.events.folding import fold_words
from auditdash.index.adopt import ELSEWHERE
from auditdash.index.view import View
from auditdash.index.words import candidates
from auditdash.queries.conditions.masks import Mask, Placed, Places, Rows, Test
from auditdash.search.match import NO_MARKS, Predicate
from auditdash.search.query import Atom

_FEW: Final = 64  # records that may be read before other conditions were asked
_LONGEST_READ: Final = 400  # of a value: keys of longer ones are cut, and have other words
Words = Sequence[str]


def words_of(atom: Atom) -> Words:
    """Words that each value of this atom has, the last one perhaps only as the beginning of one."""
    text = atom.text.split("*")[0] if atom.wild else atom.text
    return fold_words(text).split() if len(text) <= _LONGEST_READ else ()


class _Verifier:
    """Compares candidates with their records, each once."""

    def __init__(self, view: View, holds: Predicate) -> None:
        self._view = view
        self._holds = holds
        self._known: dict[int, bool] = {}

    def verify(self, rows: Rows, places: Places) -> Places:
        """The places at which a row holds, of these."""
        if not len(places):
            return places
        view = self._view
        seqs = rows.segment.seqs_of(places + rows.start).tolist()
        unknown = [seq for seq in seqs if seq not in self._known and seq <= view.highest_seq]
        for event in view.events(unknown):
            self._known[event.seq] = self._holds(event, NO_MARKS)
        return places[[self._known.get(seq, False) for seq in seqs]]


class _InAnyValue(Placed, frozen=True, eq=False):
    verifier: _Verifier
    words: Words

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        places = _places(rows, self.words)
        return rows.only(self.verifier.verify(rows, _matter(places, within)))


def in_any_value(view: View, holds: Predicate, words: Words) -> Test:
    """Free text among the values elsewhere."""
    return _InAnyValue(_Verifier(view, holds), words)


class _InPath(Placed, frozen=True, eq=False):
    verifier: _Verifier
    path: int
    asked: Sequence[Words]

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        places = _matter(self._candidates(rows), within)
        return rows.only(self.verifier.verify(rows, places))

    def places(self, rows: Rows) -> Places | None:
        found = self._candidates(rows)
        return self.verifier.verify(rows, found) if len(found) <= _FEW else None

    def at(self, rows: Rows, places: Places) -> Mask:
        found = np.intersect1d(self._candidates(rows), places, assume_unique=True)
        return np.isin(places, self.verifier.verify(rows, found))

    def _candidates(self, rows: Rows) -> Places:
        """Where the words are, and a value of this path is elsewhere."""
        here = rows.segment.leaves_by(self.path)
        if here is None or here.codes[0] != ELSEWHERE:  # codes rise
            return np.zeros(0, np.int64)
        if not all(self.asked):
            return rows.within(here.rows_of(_FIRST))
        found = np.unique(np.concatenate([_places(rows, words) for words in self.asked]))
        if not len(found):
            return found
        return np.intersect1d(found, rows.within(here.rows_of(_FIRST)), assume_unique=True)


def in_path(view: View, path: int, holds: Predicate, asked: Sequence[Words]) -> Test:
    """A leaf of this path whose value is elsewhere; `asked` are the words of each alternative."""
    return _InPath(_Verifier(view, holds), path, asked)


def _places(rows: Rows, words: Words) -> Places:
    return rows.within(candidates(rows.segment, words))


def _matter(places: Places, within: Mask | None) -> Places:
    return places if within is None else places[within[places]]


_FIRST: Final = np.zeros(1, np.int64)
