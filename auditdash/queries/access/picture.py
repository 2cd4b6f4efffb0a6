"""The picture of access: everyone's access to everything, ever, as far as a view sees.

A pure function of the facts in sight, those of events and those of baselines. It is kept until
there is another fact: other events, as those of our own readers, leave it as it is.
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
from auditdash.queries.access.facts import BaselineFacts, FactSource, SegmentFacts
from auditdash.queries.access.nodes import Nodes, resolve
from auditdash.queries.access.replay import (
    Contradictions,
    Facts,
    Intervals,
    Life,
    Places,
    replay,
)
from auditdash.queries.access.verbs import STATE
from auditdash.queries.permissions.numbering import MISSING, CodeNumbers, Numbers, Texts
from auditdash.store.baselines.rows import Baseline
from auditdash.store.baselines.table import find_baselines

_MOST_KEPT: Final = 3  # pictures: of all there is, and of what was known earlier
_NOTHING: Final = np.zeros(0, np.int64)


class Lines(Struct, frozen=True, eq=False):
    """The lines of all baselines in sight, in one order: of each the baseline and its number."""

    baselines: Sequence[Baseline]
    which: Numbers
    numbers: Numbers


class Picture(Struct, frozen=True, eq=False):
    """`by_subject` are the places of the intervals in the order of their subjects; `actors` the
    codes of who did each fact, as the dictionary of actors has them. A fact that a baseline states
    has no actor (MISSING), and -1 less its place in `lines` for a seq."""

    nodes: Nodes
    facts: Facts
    actors: Places
    intervals: Intervals
    by_subject: Places
    contradictions: Contradictions
    life: Life
    lines: Lines
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
        known = known_baselines(view)
        with self._lock:
            found = self._source.look(view)
            newest = max((each.last_seq for each in found), default=0)
            key = (newest, known)
            picture = self._pictures.get(key)
            if picture is None:
                stated = self._source.read(view, known)
                picture = self._pictures[key] = self._build(view, found, stated)
                if len(self._pictures) > _MOST_KEPT:
                    self._pictures.popitem(last=False)
            self._pictures.move_to_end(key)
            return picture

    def _build(
        self, view: View, found: Sequence[SegmentFacts], stated: Sequence[BaselineFacts]
    ) -> Picture:
        source = self._source
        lines = _lines(stated)
        # What a baseline states of a moment is so after all that happened up to it.
        times = (
            _join(found, lambda each: each.segment.times[each.rows]),
            np.array([each.at for each in lines.baselines], np.int64)[lines.which],
        )
        order = np.argsort(np.concatenate(times), kind="stable")

        def column(take: Callable[[SegmentFacts], Column], of_lines: Numbers) -> Numbers:
            return np.concatenate((_join(found, take), of_lines))[order]

        def of_lines(name: str) -> Numbers:
            columns: list[Numbers] = [getattr(each, name) for each in stated]
            return np.concatenate([_NOTHING, *columns])

        numbers = (
            column(lambda each: each.objects, of_lines("objects")),
            column(lambda each: each.subjects, of_lines("subjects")),
        )
        nodes, (objects, subjects) = resolve(source.named(), numbers, source.texts)
        roles = column(lambda each: self._roles_of(view, each), of_lines("roles"))
        untold = np.full(len(lines.which), MISSING)
        verbs = column(lambda each: each.verbs, np.full(len(lines.which), STATE)).astype(np.uint8)
        none = [source.texts.number(word) for word in catalogue().no_access]
        facts = Facts(
            times=np.concatenate(times)[order],
            seqs=column(_seqs, -1 - np.arange(len(lines.which))),
            verbs=verbs,
            objects=objects,
            subjects=subjects,
            roles=roles.astype(np.int32),
            holds=(verbs <= STATE) & ~np.isin(roles, none),
        )
        intervals, contradictions, life = replay(facts)
        actors = column(lambda each: each.segment.column("actor")[each.rows], untold)
        return Picture(
            nodes=nodes,
            facts=facts,
            actors=actors.astype(np.int32),
            intervals=intervals,
            by_subject=np.argsort(intervals.subjects, kind="stable").astype(np.int32),
            contradictions=contradictions,
            life=life,
            lines=lines,
            texts=source.texts,
        )

    def _roles_of(self, view: View, facts: SegmentFacts) -> Column:
        codes = facts.segment.column("role")[facts.rows]
        return self._roles.of(codes, view.dictionaries["role"].entries)


def find_picture(view: View) -> Picture:
    """The picture of all facts in sight."""
    kept = view.dictionaries.kept(_Kept)
    return kept.picture(view)


def known_baselines(view: View) -> tuple[Baseline, ...]:
    """Those that were imported by then, and not removed."""
    every = find_baselines(view.connection, view.workspace_id)
    return tuple(each for each in every if each.is_known(view.highest_seq))


def iterate_facts(view: View) -> Iterator[int]:
    """Read the facts that a picture is made of; yields up to which seq they are read."""
    yield from view.dictionaries.kept(_Kept).iterate(view)


def _seqs(facts: SegmentFacts) -> Column:
    segment = facts.segment
    return segment.column("seq")[facts.rows].astype(np.int64) + segment.first_seq


def _lines(stated: Sequence[BaselineFacts]) -> Lines:
    counts = np.array([len(each) for each in stated], np.int64)
    which = np.repeat(np.arange(len(stated)), counts)
    numbers = np.concatenate([_NOTHING, *(each.lines for each in stated)])
    return Lines([each.baseline for each in stated], which, numbers)


def _join(found: Sequence[SegmentFacts], take: Callable[[SegmentFacts], Column]) -> Numbers:
    return np.concatenate([_NOTHING, *(take(each).astype(np.int64) for each in found)])
