"""What in the feed does not fit together, as rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.queries.access.nodes import UNCLEAR, Node
from auditdash.queries.access.paths import stand_at
from auditdash.queries.access.replay import KINDS
from auditdash.queries.access.rows import Evidence, Sight, evidence
from auditdash.queries.permissions.numbering import Numbers
from auditdash.queries.permissions.things import GROUP


class Oddity(Struct, frozen=True, kw_only=True):
    """An event, or a line of a baseline, that does not fit to what came before: `other` is what it
    does not fit to. A node is None where it is not told, or could be several."""

    kind: str
    told: Evidence
    other: Evidence | None
    subject: Node | None
    object: Node | None


class Emptied(Struct, frozen=True, kw_only=True):
    """A group that nobody is in any more and that still has access to `things`: whoever is added
    gets it. `told` is what ended the last membership."""

    group: Node
    things: int
    told: Evidence | None


def find_emptied(sight: Sight, at: int) -> list[Emptied]:
    """Those of a moment, the newest first. A group of which no member was ever told is none."""
    picture = sight.picture
    some, is_group = picture.intervals, picture.nodes.kinds == GROUP
    stands = stand_at(some, at)
    things = np.bincount(some.subjects[stands], minlength=len(is_group))
    members = np.bincount(some.objects[stands], minlength=len(is_group))
    ended = np.flatnonzero(is_group[some.objects] & (some.ends <= at))
    last = np.zeros(len(is_group), np.int64)
    np.maximum.at(last, some.objects[ended], some.ended[ended] + 1)  # facts are by time
    found = np.flatnonzero(is_group & (things > 0) & (members == 0) & (last > 0))
    return [
        Emptied(
            group=picture.nodes.node(node),
            things=int(things[node]),
            told=evidence(sight, int(last[node]) - 1),
        )
        for node in found[np.argsort(-last[found], kind="stable")].tolist()
    ]


def count_oddities(sight: Sight) -> dict[str, int]:
    """How many there are of each kind."""
    return dict(zip(KINDS, sight.picture.contradictions.counts, strict=True))


def find_oddities(sight: Sight, kind: str, node: int | None = None) -> Numbers:
    """The places of those of a kind, or of all; of one person or thing, or of all; newest first."""
    found = sight.picture.contradictions
    tests = []
    if kind:
        tests.append(found.kinds == KINDS.index(kind))
    if node is not None:
        tests.append((found.objects == node) | (found.subjects == node))
    if not tests:
        return np.arange(len(found.kinds))[::-1]
    return np.flatnonzero(np.logical_and.reduce(tests))[::-1]


def iterate_oddities(sight: Sight, places: Numbers) -> Iterator[Oddity]:
    """Each as a row."""
    picture = sight.picture
    found, facts = picture.contradictions, picture.facts
    for at in places.tolist():
        fact = int(found.facts[at])
        told = evidence(sight, fact)
        if told is None:
            continue
        yield Oddity(
            kind=KINDS[int(found.kinds[at])],
            told=told,
            other=evidence(sight, int(found.others[at])),
            subject=_node(sight, int(facts.subjects[fact])),
            object=_node(sight, int(facts.objects[fact])),
        )


def first_fact(sight: Sight) -> Instant | None:
    """When the first change of access that is recorded happened."""
    facts = sight.picture.facts
    first = len(sight.picture.lines.which) + 1  # at the latest
    events = np.flatnonzero(facts.seqs[:first] > 0)
    return Instant(int(facts.times[events[0]])) if len(events) else None


def _node(sight: Sight, number: int) -> Node | None:
    return None if number == UNCLEAR else sight.picture.nodes.node(number)
