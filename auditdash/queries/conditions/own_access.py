"""Whether the member whom an event was done to is the one who did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from auditdash.events.folding import fold_case
from auditdash.index.batch import Entry
from auditdash.index.view import View
from auditdash.queries.conditions.masks import Mask, Rows, Test

_Numbers = NDArray[np.int64]


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
            known = self._of.get(name, np.empty(0, np.int64))
            added = [self._number(text_of(entry)) for entry in entries[len(known) :]]
            found = self._of[name] = np.append(known, np.array(added, np.int64))
            return found

    def _number(self, text: str | None) -> int:
        if text is None:
            return -1
        return self._numbers.setdefault(fold_case(text), len(self._numbers))


def own_access(view: View) -> Test:
    """The subject is a member with the id or the name of the actor, as search.match.is_own."""
    texts = view.dictionaries.kept(_Texts)
    actors, subjects = view.dictionaries["actor"].entries, view.dictionaries["subject"].entries
    actor_ids = texts.of("actor id", actors, lambda entry: entry[0])
    actor_names = texts.of("actor name", actors, lambda entry: entry[1])
    # Nobody but a member is anybody.
    subject_ids = texts.of("subject id", subjects, lambda entry: _of_member(entry, 1))
    subject_names = texts.of("subject name", subjects, lambda entry: _of_member(entry, 2))

    def test(rows: Rows, within: Mask | None) -> Mask:
        actor, subject = rows.column("actor"), rows.column("subject")
        identity, name = actor_ids[actor], actor_names[actor]
        same_id = (identity == subject_ids[subject]) & (identity >= 0)
        found: Mask = same_id | (name == subject_names[subject]) & (name >= 0)
        return found

    return test


def _of_member(entry: Entry, part: int) -> str | None:
    return entry[part] if entry[0] == "member" else None
