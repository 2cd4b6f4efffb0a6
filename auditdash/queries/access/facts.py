"""What the events say of access, as typed facts: who, to what, which verb, when.

The words of an event never change, so the facts of a segment are kept as long as there is the
segment. Who is who is told anew from all facts in sight: `nodes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import RLock
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.batch import Entry
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.access.verbs import CREATE, family_with_access, verb_of
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
from auditdash.queries.permissions.things import (
    FAMILIES,
    GROUP,
    TO_DEFAULT,
    TO_WORKSPACE,
    Things,
    Whose,
)
from auditdash.store.baselines.rows import Baseline
from auditdash.store.baselines.table import iterate_lines

# Kinds of those who have access, behind the families of things; a group is both.
MEMBER, EVERYONE, NOBODY = (len(FAMILIES) + number for number in range(3))
_KINDS: Final = {"member": MEMBER, "group": GROUP}
# Things by the word of a baseline; of some there is only one.
_ONLY: Final = {"default": TO_DEFAULT, "workspace": TO_WORKSPACE}
THINGS: Final = _ONLY | {word: number for number, word in enumerate(FAMILIES) if word}


_OWN_SOURCE: Final = "auditdash"  # events of ours tell of our own members


class SegmentFacts(Struct, frozen=True, eq=False):
    """The facts among the rows of a segment; numbers are those of `FactSource`. `last_seq` is
    that of the newest fact, by arrival; 0 without any."""

    segment: Segment
    rows: NDArray[np.int32]
    verbs: NDArray[np.uint8]
    objects: NDArray[np.uint32]
    subjects: NDArray[np.uint32]
    last_seq: int

    def __len__(self) -> int:
        return len(self.rows)


class BaselineFacts(Struct, frozen=True, eq=False):
    """The facts of a baseline, one of each line; `roles` are numbers of texts."""

    baseline: Baseline
    lines: Numbers
    objects: Numbers
    subjects: Numbers
    roles: Numbers

    def __len__(self) -> int:
        return len(self.lines)


class FactSource:
    """The facts of one index, in terms of its codes; and those of baselines."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._kept = OfSegments(self._look)
        self._baselines: dict[tuple[int, bytes], BaselineFacts] = {}
        self.texts = texts = Texts()
        self._people = people = Naming()
        self._everyone = people.number(EVERYONE, THE_ONE, MISSING)

        def person(entry: Entry) -> int:
            kind = _KINDS.get(entry[0] or "", NOBODY)
            return people.number(kind, texts.number(entry[1]), texts.number(entry[2]))

        self._verbs = CodeNumbers(lambda entry: verb_of(entry[0] or ""))
        self._families = CodeNumbers(lambda entry: family_with_access(entry[0] or ""))
        self._subjects = CodeNumbers(person)
        self._things = Things(texts)

    def look(self, view: View) -> Sequence[SegmentFacts]:
        """Those of each segment in sight that has one; what was seen is not looked at again."""
        with self._lock:
            return [each for each in self._kept.of_all(view) if len(each)]

    def read(self, view: View, baselines: Sequence[Baseline]) -> Sequence[BaselineFacts]:
        """Those of baselines; no line ever changes, so each is read once."""
        with self._lock:
            keys = [(each.id, each.sha256) for each in baselines]
            for key, each in zip(keys, baselines, strict=True):
                if key not in self._baselines:
                    self._baselines[key] = self._stated(view, each)
            return [self._baselines[key] for key in keys]

    def iterate(self, view: View) -> Iterator[int]:
        """Look at one segment after the other; yields the last seq of each."""
        for segment in view.segments:
            with self._lock:
                self._kept.of(view, segment)
            yield min(segment.last_seq, view.highest_seq)

    def named(self) -> tuple[Named, Named]:
        """How things and people are named that have a number now."""
        with self._lock:
            return self._things.naming.named(), self._people.named()

    def _look(self, view: View, segment: Segment, seen: NDArray[np.bool_] | None) -> SegmentFacts:
        entries = view.dictionaries["action"].entries
        verbs = self._verbs.of(segment.column("action"), entries)
        says = verbs != MISSING
        own = view.dictionaries["source"].find((_OWN_SOURCE,))
        if own is not None:  # who may look at the log has no access to what it tells of
            says &= segment.column("source") != own
        rows = np.flatnonzero(says if seen is None else says & seen)
        families = self._families.of(segment.column("action")[rows], entries)
        people = self._subjects.of(
            segment.column("subject")[rows], view.dictionaries["subject"].entries
        )
        people[families == TO_DEFAULT] = self._everyone
        verbs = verbs[rows]
        things = self._things.of(view, segment, rows, families, Whose(people, self._people.named()))
        for place in np.flatnonzero((verbs >= CREATE) & (families == GROUP)).tolist():
            things[place] = self._group(int(people[place]))
        seqs = segment.column("seq")[rows]
        return SegmentFacts(
            segment,
            rows.astype(np.int32),
            verbs.astype(np.uint8),
            things.astype(np.uint32),
            people.astype(np.uint32),
            int(seqs.max()) + segment.first_seq if len(rows) else 0,
        )

    def _stated(self, view: View, baseline: Baseline) -> BaselineFacts:
        """Named as events name them, so that a line and an event can be of the same person."""
        texts, people, naming = self.texts, self._people, self._things.naming
        rows = [
            (
                each.line,
                naming.number(
                    THINGS[each.object_kind],
                    THE_ONE if each.object_kind in _ONLY else texts.number(each.object_id),
                    texts.number(each.object_name),
                ),
                self._everyone
                if each.subject_kind not in _KINDS
                else people.number(
                    _KINDS[each.subject_kind],
                    texts.number(each.subject_id),
                    texts.number(each.subject_name),
                ),
                texts.number(each.role),
            )
            for each in iterate_lines(view.connection, baseline.id)
        ]
        return BaselineFacts(baseline, *np.array(rows, np.int64).reshape(-1, 4).T)

    def _group(self, person: int) -> int:
        """A group that is made or deleted is the subject of that event."""
        named = self._people.named()
        naming = self._things.naming
        return naming.number(GROUP, int(named.ids[person]), int(named.names[person]))
