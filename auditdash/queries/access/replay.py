"""Facts replayed into intervals: who had which access to what, from when to when.

Of one person and one thing the newest fact holds until the next one, or until the thing (or the
group that has the access) is deleted. Where nothing is recorded before a change or an end, there
was access before it: from when, and with which role, is unknown. What a baseline states was there
before, too, with the role that it states; where it states what stands already, it changes nothing.
All facts are replayed at once, as
arrays; `tests/queries/access/replaying.py` says the same one fact after the other.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.queries.access.nodes import UNCLEAR
from auditdash.queries.access.verbs import CHANGE, CREATE, DELETE, END, GIVE, STATE
from auditdash.queries.permissions.numbering import MISSING, Numbers

Bits = NDArray[np.bool_]
Places = NDArray[np.int32]

NEVER_BEGAN: Final = -(1 << 62)  # from when is unknown
OPEN: Final = 1 << 62  # until nothing that is recorded
_NONE: Final = -1
_FAR: Final = np.iinfo(np.int32).max
_SHIFT: Final = 32

# What a fact contradicts, in `Contradictions.kinds`.
KINDS: Final = (
    "unclear",  # whose access to what it was cannot be told
    "given twice",  # and not taken away between
    "removed without access",
    "changed without access",
    "not seen to begin",  # removed or changed, and nothing is recorded before
    "on a deleted thing",
    "to a deleted group",
    "created twice",
    "deleted twice",
    "in a baseline without access",  # which the events before it do not know, and should
    "in a baseline with another role",
)
_UNCLEAR, _TWICE, _REMOVED, _CHANGED, _NOT_SEEN, _ON_DELETED, _TO_DELETED = range(7)
_CREATED_TWICE, _DELETED_TWICE, _STATED_WITHOUT, _STATED_OTHER = range(7, 11)


class Facts(Struct, frozen=True, eq=False):
    """Facts in the order of (time, seq). `objects` and `subjects` are nodes, `roles` numbers of
    texts; `holds` is false where what is given is no access."""

    times: Numbers
    seqs: Numbers
    verbs: NDArray[np.uint8]
    objects: Places
    subjects: Places
    roles: Places
    holds: Bits

    def __len__(self) -> int:
        return len(self.times)


class Intervals(Struct, frozen=True, eq=False):
    """Access in the order of (object, subject, begin). `begun` and `ended` are the places of the
    facts that tell so, _NONE where nothing does; `doubtful` what was given on something deleted, or
    is stated by a baseline and was not there by the events."""

    objects: Places
    subjects: Places
    begins: Numbers
    ends: Numbers
    roles: Places
    begun: Places
    ended: Places
    doubtful: Bits

    def __len__(self) -> int:
        return len(self.objects)


class Contradictions(Struct, frozen=True, eq=False):
    """Facts that do not fit to what came before, in their order: `others` are the places of the
    facts that they do not fit to, or _NONE. `counts` has how many there are of each of KINDS;
    `objects` and `subjects` are what the facts are about."""

    kinds: NDArray[np.uint8]
    facts: Places
    others: Places
    objects: Places
    subjects: Places
    counts: tuple[int, ...]


class Life(Struct, frozen=True, eq=False):
    """When things were made and deleted: places of facts, by node and time."""

    nodes: Places
    facts: Places
    deletes: Bits


def replay(facts: Facts) -> tuple[Intervals, Contradictions, Life]:
    """What the facts add up to."""
    life = _life(facts)
    slots = _slots(facts)
    if (facts.verbs == STATE).any():
        slots = _without_confirming(facts, life, slots)
    before = _Before(facts, life, slots)
    return _intervals(facts, slots, before), _contradictions(facts, life, slots, before), life


def _life(facts: Facts) -> Life:
    found = np.flatnonzero((facts.verbs >= CREATE) & (facts.objects != UNCLEAR))
    order = found[np.argsort(facts.objects[found], kind="stable")].astype(np.int32)
    return Life(facts.objects[order], order, facts.verbs[order] == DELETE)


def _slots(facts: Facts) -> Places:
    """Places of the facts of access, by (object, subject) and time."""
    clear = (facts.objects != UNCLEAR) & (facts.subjects != UNCLEAR)
    found = np.flatnonzero(clear & (facts.verbs < CREATE)).astype(np.int32)
    keys = facts.objects[found].astype(np.int64) << _SHIFT | facts.subjects[found]
    return found[np.argsort(keys, kind="stable")]


def _without_confirming(facts: Facts, life: Life, slots: Places) -> Places:
    """Without the lines of baselines that only say what stands: first those that tell no role, so
    that of the others each can be compared with the one before it."""
    for untold in (True, False):
        before = _Before(facts, life, slots)
        roles = facts.roles[slots]
        same = (roles == MISSING) if untold else (roles == facts.roles[before.fact])
        slots = slots[~((facts.verbs[slots] == STATE) & before.held & same)]
    return slots


class _Before:
    """For each fact of access what came before it, and where what it gives ends."""

    def __init__(self, facts: Facts, life: Life, slots: Places) -> None:
        objects, subjects = facts.objects[slots], facts.subjects[slots]
        same = np.zeros(len(slots), np.bool_)
        same[1:] = (objects[1:] == objects[:-1]) & (subjects[1:] == subjects[:-1])
        lives = _newest(life, objects, slots), _newest(life, subjects, slots)
        self.deleted_object, self.deleted_group = (_if_deletion(facts, lived) for lived in lives)
        cap = np.minimum(
            _next_deletion(life, objects, slots), _next_deletion(life, subjects, slots)
        )
        following = np.full(len(slots), len(facts), np.int32)
        following[:-1][same[1:]] = slots[1:][same[1:]]
        self.ended = np.minimum(following, cap)
        earlier = np.full(len(slots), _NONE, np.int32)
        earlier[same] = slots[:-1][same[1:]]
        survived = np.zeros(len(slots), np.bool_)
        survived[same] = cap[:-1][same[1:]] > slots[same]
        self.held = survived.copy()
        self.held[same] &= facts.holds[earlier[same]]
        self.fact = np.where(survived, earlier, np.maximum(earlier, np.maximum(*lives)))
        self.unknown = self.fact == _NONE


def _next_deletion(life: Life, nodes: Places, places: Places) -> Places:
    """For each place the next deletion of the node behind it, or a place far away."""
    deletions = np.flatnonzero(life.deletes)
    at = np.searchsorted(_keys(life.nodes[deletions], life.facts[deletions]), _keys(nodes, places))
    found = np.append(life.facts[deletions], _FAR)[at].astype(np.int32)
    found[np.append(life.nodes[deletions], _NONE)[at] != nodes] = _FAR
    return found


def _newest(life: Life, nodes: Places, places: Places) -> Places:
    """The newest fact of the life of each node before a place, or _NONE."""
    found = np.full(len(nodes), _NONE, np.int32)
    if len(life.nodes):
        newest = np.searchsorted(_keys(life.nodes, life.facts), _keys(nodes, places)) - 1
        known = (newest >= 0) & (life.nodes[newest] == nodes)
        found[known] = life.facts[newest[known]]
    return found


def _if_deletion(facts: Facts, lived: Places) -> Places:
    """The same places, _NONE where it was none that ended the life."""
    ended = lived != _NONE
    ended[ended] = facts.verbs[lived[ended]] == DELETE
    return np.where(ended, lived, _NONE).astype(np.int32)


def _keys(nodes: Places, places: Places) -> Numbers:
    keys: Numbers = nodes.astype(np.int64) << _SHIFT | places
    return keys


def _intervals(facts: Facts, slots: Places, before: _Before) -> Intervals:
    given = facts.holds[slots]
    verbs = facts.verbs[slots]
    implied = before.unknown & ((verbs == CHANGE) | (verbs == END))
    stated = verbs == STATE
    first, then = slots[implied], slots[given]
    count = len(first)
    places = np.concatenate((first, then))
    order = np.argsort(
        facts.objects[places].astype(np.int64) << _SHIFT | facts.subjects[places], kind="stable"
    )
    ended = np.concatenate((first, before.ended[given]))
    open_ended = ended >= len(facts)
    ends = facts.times[np.where(open_ended, 0, ended)] if len(facts) else ended.astype(np.int64)
    ends[open_ended] = OPEN
    begins = facts.times[places]
    begins[:count] = NEVER_BEGAN
    begins[count:][(stated & before.unknown)[given]] = NEVER_BEGAN
    roles = facts.roles[places]
    roles[:count] = MISSING
    begun = places.copy()
    begun[:count] = _NONE
    doubtful = np.zeros(len(places), np.bool_)
    gone = np.maximum(before.deleted_object, before.deleted_group) != _NONE
    doubtful[count:] = (gone | (stated & ~before.held & ~before.unknown))[given]
    return Intervals(
        facts.objects[places][order],
        facts.subjects[places][order],
        begins[order],
        ends[order],
        roles[order],
        begun[order],
        np.where(open_ended, _NONE, ended).astype(np.int32)[order],
        doubtful[order],
    )


def _contradictions(facts: Facts, life: Life, slots: Places, before: _Before) -> Contradictions:
    verbs = facts.verbs[slots]
    telling = (verbs == CHANGE) | (verbs == END)
    none = ~before.held & ~before.unknown
    kinds = np.full(len(slots), MISSING, np.int8)
    others = before.fact.copy()
    kinds[(verbs == GIVE) & before.held] = _TWICE
    kinds[(verbs == END) & none] = _REMOVED
    kinds[(verbs == CHANGE) & none] = _CHANGED
    kinds[telling & before.unknown] = _NOT_SEEN
    stated = verbs == STATE
    kinds[stated & none] = _STATED_WITHOUT
    told = facts.roles[before.fact] != MISSING
    kinds[stated & before.held & told] = _STATED_OTHER  # the same role would only confirm it
    giving = (verbs == GIVE) | (verbs == CHANGE) | stated
    for kind, gone in (
        (_TO_DELETED, before.deleted_group),
        (_ON_DELETED, before.deleted_object),
    ):
        wrong = giving & (gone != _NONE)
        kinds[wrong], others[wrong] = kind, gone[wrong]
    wrong = kinds != MISSING
    unclear = np.flatnonzero(_is_unclear(facts)).astype(np.int32)
    twice = np.flatnonzero(
        (life.nodes[1:] == life.nodes[:-1]) & (life.deletes[1:] == life.deletes[:-1])
    )
    of_life = np.where(life.deletes[1:][twice], _DELETED_TWICE, _CREATED_TWICE)
    places = np.concatenate((slots[wrong], unclear, life.facts[1:][twice]))
    order = np.argsort(places, kind="stable")
    none_of = np.full(len(unclear), _NONE)
    found = np.concatenate((kinds[wrong], np.zeros(len(unclear), np.int8), of_life))
    told = places[order].astype(np.int32)
    return Contradictions(
        found[order].astype(np.uint8),
        told,
        np.concatenate((others[wrong], none_of, life.facts[:-1][twice]))[order].astype(np.int32),
        facts.objects[told],
        facts.subjects[told],
        tuple(np.bincount(found, minlength=len(KINDS)).tolist()),
    )


def _is_unclear(facts: Facts) -> Bits:
    found: Bits = (facts.objects == UNCLEAR) | (
        (facts.verbs < CREATE) & (facts.subjects == UNCLEAR)
    )
    return found
