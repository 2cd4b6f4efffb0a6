"""Who of those that act a subject is."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from auditdash.events.folding import fold_case
from auditdash.index.batch import Entry
from auditdash.index.view import View
from auditdash.queries.counting.groups import MISSING, groups_of

Ints: TypeAlias = NDArray[np.int64]
_NONE: Final = (np.zeros(0, np.int64), np.zeros(0, np.int64))


class _Subjects:
    """Which people each subject is: a person who has its id or, as a username, its name."""

    def __init__(self) -> None:
        self._made: tuple[int, int] = (0, 0)
        self._pairs: tuple[Ints, Ints] = _NONE
        self._lock = Lock()

    def of(self, view: View) -> tuple[Ints, Ints]:
        """Codes of subjects, rising, and with each the group of one person."""
        actors, subjects = view.dictionaries["actor"].entries, view.dictionaries["subject"].entries
        size = len(actors), len(subjects)
        with self._lock:
            if self._made != size:
                self._pairs = _pairs(view, actors[: size[0]], subjects[: size[1]])
                self._made = size
            return self._pairs


def people_of_subjects(view: View) -> tuple[Ints, Ints]:
    """Codes of subjects, rising, and with each the group of a person that it is; a subject that
    could be two people stands there twice."""
    return view.dictionaries.kept(_Subjects).of(view)


def _pairs(view: View, actors: Sequence[Entry], subjects: Sequence[Entry]) -> tuple[Ints, Ints]:
    groups = groups_of(view, "actor").of_code
    people: dict[tuple[int, str], set[int]] = {}
    for code, entry in enumerate(actors):
        for part, text in enumerate(entry):
            if text:
                people.setdefault((part, fold_case(text)), set()).add(int(groups[code]))
    found = [
        (code, person)
        for code, (kind, *entry) in enumerate(subjects)
        if kind == "member"
        for person in sorted(
            {
                each
                for part, text in enumerate(entry)
                if text
                for each in people.get((part, fold_case(text)), ())
            }
        )
        if person != MISSING
    ]
    numbers = np.array(found, np.int64).reshape(-1, 2)
    return numbers[:, 0], numbers[:, 1]
