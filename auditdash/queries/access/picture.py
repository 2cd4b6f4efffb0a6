"""The picture of access: everyone's access to everything, ever, as far as a view sees.

A pure function of the facts in sight. It is kept until there is another fact: other events, as
those of our own readers, leave it as it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from threading import RLock
from typing import Final

import numpy as np
from msgspec import Struct

from auditdash.events.catalogue import catalogue
from auditdash.index.files.segment import Column
from auditdash.index.view import View
from auditdash.queries.access.facts import FactSource, SegmentFacts
from auditdash.queries.access.nodes import Nodes, resolve
from auditdash.queries.access.replay import (
    Contradictions,
    Facts,
    Intervals,
    Life,
    Places,
    replay,
)
from auditdash.queries.access.verbs import SET
from auditdash.queries.permissions.numbering import MISSING, CodeNumbers, Numbers, Texts

_MOST_KEPT: Final = 3  # pictures: of all there is, and of what was known earlier


class Picture(Struct, frozen=True, eq=False):
    """`by_subject` are the places of the intervals in the order of their subjects; `actors` the
    codes of who did each fact, as the dictionary of actors has them."""

    nodes: Nodes
    facts: Facts
    actors: Places
    intervals: Intervals
    by_subject: Places
    contradictions: Contradictions
    life: Life
    texts: Texts

    def role(self, number: int) -> str | None:
        """The role of this number as it was written; None where none was told."""
        return self.texts.written[number] if number != MISSING else None


class _Kept:
    """Pictures of one index, the newest first."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._pictures: OrderedDict[object, Picture] = OrderedDict()
        self._source = FactSource()
        self._roles = CodeNumbers(lambda entry: self._source.texts.number(entry[0]))

    def iterate(self, view: View) -> Iterator[int]:
        return self._source.iterate(view)

    def picture(self, view: View) -> Picture:
        with self._lock:
            found = self._source.look(view)
            key = max((each.last_seq for each in found), default=0)
            picture = self._pictures.get(key)
            if picture is None:
                picture = self._pictures[key] = self._build(view, found)
                if len(self._pictures) > _MOST_KEPT:
                    self._pictures.popitem(last=False)
            self._pictures.move_to_end(key)
            return picture

    def _build(self, view: View, found: Sequence[SegmentFacts]) -> Picture:
        source = self._source
        order = np.argsort(_join(found, lambda each: each.segment.times[each.rows]), kind="stable")

        def column(take: Callable[[SegmentFacts], Column]) -> Numbers:
            return _join(found, take)[order]

        numbers = (column(lambda each: each.objects), column(lambda each: each.subjects))
        nodes, (objects, subjects) = resolve(source.named(), numbers, source.texts)
        roles = self._roles.of(
            column(lambda each: each.segment.column("role")[each.rows]),
            view.dictionaries["role"].entries,
        )
        verbs = column(lambda each: each.verbs).astype(np.uint8)
        none = [source.texts.number(word) for word in catalogue().no_access]
        facts = Facts(
            times=column(lambda each: each.segment.times[each.rows]),
            seqs=column(_seqs),
            verbs=verbs,
            objects=objects,
            subjects=subjects,
            roles=roles.astype(np.int32),
            holds=(verbs <= SET) & ~np.isin(roles, none),
        )
        intervals, contradictions, life = replay(facts)
        return Picture(
            nodes=nodes,
            facts=facts,
            actors=column(lambda each: each.segment.column("actor")[each.rows]).astype(np.int32),
            intervals=intervals,
            by_subject=np.argsort(intervals.subjects, kind="stable").astype(np.int32),
            contradictions=contradictions,
            life=life,
            texts=source.texts,
        )


def find_picture(view: View) -> Picture:
    """The picture of all facts in sight."""
    kept = view.dictionaries.kept(_Kept)
    return kept.picture(view)


def iterate_facts(view: View) -> Iterator[int]:
    """Read the facts that a picture is made of; yields up to which seq they are read."""
    yield from view.dictionaries.kept(_Kept).iterate(view)


def _seqs(facts: SegmentFacts) -> Column:
    segment = facts.segment
    return segment.column("seq")[facts.rows].astype(np.int64) + segment.first_seq


def _join(found: Sequence[SegmentFacts], take: Callable[[SegmentFacts], Column]) -> Numbers:
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *(take(each).astype(np.int64) for each in found)])
