"""Whether the member whom an event was done to is the one who did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from auditdash.events.folding import fold_case
from auditdash.index.batch import Entry
from auditdash.index.files.segment import Column
from auditdash.index.view import View
from auditdash.queries.conditions.masks import Mask, Placed, Places, Rows, Test

_Numbers = NDArray[np.int32]


class _Texts:
    """Numbers of folded texts: the same for an actor as for a subject, -1 where there is none."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._of: dict[str, _Numbers] = {}
        self._lock = Lock()

    def of(
        self, name: str, entries: Sequence[Entry], text_of: Callable[[Entry], str | None]
    ) -> _Numbers:
        """One for each entry; those that were numbered before are kept under the name."""
        with self._lock:
            known = self._of.get(name, np.empty(0, np.int32))
            added = [self._number(text_of(entry)) for entry in entries[len(known) :]]
            found = self._of[name] = np.append(known, np.array(added, np.int32))
            return found

    def _number(self, text: str | None) -> int:
        if text is None:
            return -1
        return self._numbers.setdefault(fold_case(text), len(self._numbers))


class _OwnAccess(Placed, frozen=True, eq=False):
    """For each code of an actor the numbers of id and name, and the same of subjects."""

    actors: tuple[_Numbers, _Numbers]
    subjects: tuple[_Numbers, _Numbers]

    def __call__(self, rows: Rows, within: Mask | None) -> Mask:
        if within is None:
            return self._is_own(rows.column("actor"), rows.column("subject"))
        places = np.flatnonzero(within)
        return rows.only(places[self.at(rows, places)])

    def at(self, rows: Rows, places: Places) -> Mask:
        return self._is_own(rows.column("actor")[places], rows.column("subject")[places])

    def _is_own(self, actor: Column, subject: Column) -> Mask:
        found = np.zeros(len(actor), np.bool_)
        for known, others in zip(self.actors, self.subjects, strict=True):
            number = known[actor]
            found |= (number == others[subject]) & (number >= 0)
        return found


def own_access(view: View) -> Test:
    """The subject is a member with the id or the name of the actor, as search.match.is_own."""
    texts = view.dictionaries.kept(_Texts)
    actors, subjects = view.dictionaries["actor"].entries, view.dictionaries["subject"].entries
    return _OwnAccess(
        actors=(
            texts.of("actor id", actors, lambda entry: entry[0]),
            texts.of("actor name", actors, lambda entry: entry[1]),
        ),
        # Nobody but a member is anybody.
        subjects=(
            texts.of("subject id", subjects, lambda entry: _of_member(entry, 1)),
            texts.of("subject name", subjects, lambda entry: _of_member(entry, 2)),
        ),
    )


def _of_member(entry: Entry, part: int) -> str | None:
    return entry[part] if entry[0] == "member" else None
