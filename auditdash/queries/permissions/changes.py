"""What each permission change names: what access is to, and whose it is.

The words of an event never change, so what is found in a segment is kept as long as there is the
segment. Who is who, which any later event may tell, is told when it is asked: `identities.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import RLock
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.catalogue import find_action
from auditdash.index.batch import Entry
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.permissions.numbering import (
    MISSING,
    THE_ONE,
    CodeNumbers,
    Named,
    Naming,
    Numbers,
    Texts,
)
from auditdash.queries.permissions.segments import OfSegments
from auditdash.queries.permissions.things import TO_DEFAULT, Things, Whose, family_of


class Changes(Struct, frozen=True, eq=False):
    """The permission changes among the rows of a segment: for each its row, its rank by seq, and
    the numbers of the thing and the person. `all_things` and `all_people` are those that occur."""

    segment: Segment
    rows: NDArray[np.int32]
    ranks: NDArray[np.int32]
    things: NDArray[np.uint32]
    people: NDArray[np.uint32]
    all_things: Numbers
    all_people: Numbers

    def __len__(self) -> int:
        return len(self.rows)


class AllChanges(Struct, frozen=True, eq=False):
    """Every permission change in sight, and how things and people are named."""

    segments: Sequence[Changes]
    things: Named
    people: Named

    def __len__(self) -> int:
        return sum(len(each) for each in self.segments)

    def by_place(self, name: str) -> NDArray[Any]:
        """A column of the index, in the order of the seqs."""
        return self._in_order([each.segment.column(name)[each.rows] for each in self.segments])

    def seqs_by_place(self) -> Numbers:
        """The seqs, rising."""
        return self._in_order(
            [
                each.segment.column("seq")[each.rows].astype(np.int64) + each.segment.first_seq
                for each in self.segments
            ]
        )

    def numbers_by_place(self, name: Literal["things", "people"]) -> NDArray[Any]:
        """The numbers of the things or the people, in the order of the seqs."""
        return self._in_order([getattr(each, name) for each in self.segments])

    def _in_order(self, columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
        dtype = np.result_type(*columns) if columns else np.int64
        found, start = np.empty(len(self), dtype), 0
        for each, column in zip(self.segments, columns, strict=True):
            found[start + each.ranks] = column
            start += len(each)
        return found


def all_changes(view: View) -> AllChanges:
    """Those of all segments; what was seen before is not looked at again."""
    names = view.dictionaries.kept(_Names)
    return names.all_changes(view)


def iterate_changes(view: View) -> Iterator[int]:
    """Look at one segment after the other; yields the last seq of each."""
    names = view.dictionaries.kept(_Names)
    yield from names.iterate(view)


class _Names:
    """What is known in terms of the codes of one index."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._kept = OfSegments(self._look)
        texts = Texts()
        kinds: dict[str, int] = {"": 0}
        self._people = people = Naming()
        self._everyone = people.number(0, THE_ONE, MISSING)

        def person(entry: Entry) -> int:
            kind = kinds.setdefault(entry[0] or "", len(kinds))
            return people.number(kind, texts.number(entry[1]), texts.number(entry[2]))

        self._families = CodeNumbers(lambda entry: _family(entry[0] or ""))
        self._things = Things(texts)
        self._subjects = CodeNumbers(person)

    def all_changes(self, view: View) -> AllChanges:
        with self._lock:
            found = self._kept.of_all(view)
            return AllChanges(found, self._things.naming.named(), self._people.named())

    def iterate(self, view: View) -> Iterator[int]:
        for segment in view.segments:
            with self._lock:
                self._kept.of(view, segment)
            yield segment.last_seq

    def _look(self, view: View, segment: Segment, seen: NDArray[np.bool_] | None) -> Changes:
        entries = view.dictionaries["action"].entries
        families = self._families.of(segment.column("action"), entries)
        is_change = families != MISSING
        rows = np.flatnonzero(is_change if seen is None else is_change & seen)
        families = families[rows]
        people = self._subjects.of(
            segment.column("subject")[rows], view.dictionaries["subject"].entries
        )
        people[families == TO_DEFAULT] = self._everyone
        named = self._people.named()
        things = self._things.of(view, segment, rows, families, Whose(people, named))
        ranks = np.empty(len(rows), np.int32)
        ranks[np.argsort(segment.column("seq")[rows], kind="stable")] = np.arange(len(rows))
        return Changes(
            segment,
            rows.astype(np.int32),
            ranks,
            things.astype(np.uint32),
            people.astype(np.uint32),
            _distinct(things),
            _distinct(people),
        )


def _family(name: str) -> int:
    """What kind of thing an action changes access to; MISSING when it changes none."""
    action = find_action(name)
    return family_of(action) if action is not None and action.permission else MISSING


def _distinct(numbers: Numbers) -> Numbers:
    occurs = np.zeros(numbers.max(initial=-1) + 1, np.bool_)
    occurs[numbers] = True
    return np.flatnonzero(occurs)
