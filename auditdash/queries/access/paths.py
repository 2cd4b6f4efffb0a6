"""Ways to reach something: given directly, through a group, or by what everyone has by default.

A way is a place in the intervals of the picture, for a group also the place of the membership.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from auditdash.queries.access.facts import EVERYONE, MEMBER
from auditdash.queries.access.picture import Picture
from auditdash.queries.access.replay import Bits, Intervals, Places
from auditdash.queries.permissions.numbering import Numbers
from auditdash.queries.permissions.things import COLLECTION, GROUP, TO_DEFAULT

DIRECT = -1


class Paths(Struct, frozen=True, eq=False):
    """Each with who reaches what; `grants` and `joins` are places of intervals, `through` the group
    or everyone; DIRECT where there is none between."""

    subjects: Places
    objects: Places
    through: Places
    grants: Places
    joins: Places

    def __len__(self) -> int:
        return len(self.subjects)

    def take(self, which: Bits | Numbers | slice) -> Paths:
        """Some of them."""
        return Paths(
            self.subjects[which],
            self.objects[which],
            self.through[which],
            self.grants[which],
            self.joins[which],
        )


_NOBODY = np.zeros(0, np.int32)
NOTHING = Paths(_NOBODY, _NOBODY, _NOBODY, _NOBODY, _NOBODY)


def begins(some: Intervals, paths: Paths) -> Numbers:
    """Since when each way leads there: a group's both since it had it and since one is in it."""
    found: Numbers = some.begins[paths.grants]
    joined = paths.joins != DIRECT
    found[joined] = np.maximum(found[joined], some.begins[paths.joins[joined]])
    return found


def ends(some: Intervals, paths: Paths) -> Numbers:
    """Until when each way leads there."""
    found: Numbers = some.ends[paths.grants]
    joined = paths.joins != DIRECT
    found[joined] = np.minimum(found[joined], some.ends[paths.joins[joined]])
    return found


def find_all(picture: Picture, at: int) -> Paths:
    """All that stood at a moment, as it was given: to people, to groups, to everyone."""
    some = picture.intervals
    return _direct(some, np.flatnonzero(stand_at(some, at)))


def stand_at(some: Intervals, at: int) -> Bits:
    """Which of all intervals stand at a moment."""
    found: Bits = some.begins <= at
    found &= some.ends > at
    return found


def find_from(picture: Picture, subject: int, at: int | None) -> Paths:
    """All that one person or group reached at a moment; None: at any."""
    some, kinds = picture.intervals, picture.nodes.kinds
    own = _of_subjects(picture, np.array([subject]))[0]
    direct = _direct(some, own)
    if kinds[subject] != MEMBER:
        return _at(picture, direct, at)
    joins = direct.grants[kinds[direct.objects] == GROUP]
    if at is not None:
        joins = joins[_stands(some, joins, at)]
    given, which = _of_subjects(picture, some.objects[joins])
    through_groups = _direct(some, given)
    through_groups = Paths(
        np.full(len(given), subject, np.int32),
        through_groups.objects,
        through_groups.subjects,
        through_groups.grants,
        joins[which],
    )
    default = _direct(some, _of_subjects(picture, _only(picture, EVERYONE))[0])
    by_default = Paths(
        np.full(len(default), subject, np.int32),
        default.objects,
        default.subjects,
        default.grants,
        default.joins,
    )
    return _at(picture, join(direct, through_groups, by_default), at)


def find_to(picture: Picture, thing: int, at: int | None) -> Paths:
    """Everyone who reached one thing at a moment, None: at any; members of groups one by one."""
    some, kinds = picture.intervals, picture.nodes.kinds
    given = find_given(picture, thing, at)
    groups = given.grants[kinds[given.subjects] == GROUP]
    members, which = _of_objects(picture, some.subjects[groups])
    of_members = Paths(
        some.subjects[members],
        np.full(len(members), thing, np.int32),
        some.objects[members],
        groups[which],
        members.astype(np.int32),
    )
    people = given.take(kinds[given.subjects] != GROUP)
    default = _direct(some, np.zeros(0, np.int64))
    if kinds[thing] == COLLECTION:
        default = _direct(some, _of_objects(picture, _only(picture, TO_DEFAULT))[0])
        default = Paths(
            default.subjects,
            np.full(len(default), thing, np.int32),
            default.subjects,
            default.grants,
            default.joins,
        )
    return _at(picture, join(people, of_members, default), at)


def find_own(picture: Picture, subject: int, at: int | None) -> Paths:
    """Access of one person or group as it was given to them, at a moment or ever."""
    return _at(
        picture, _direct(picture.intervals, _of_subjects(picture, np.array([subject]))[0]), at
    )


def find_given(picture: Picture, thing: int, at: int | None) -> Paths:
    """Access to one thing as it was given, at a moment or ever."""
    some = picture.intervals
    return _at(picture, _direct(some, _of_objects(picture, np.array([thing]))[0]), at)


def _only(picture: Picture, kind: int) -> Numbers:
    """The node of a kind of which there is one at most."""
    return np.flatnonzero(picture.nodes.kinds == kind)


def _of_objects(picture: Picture, objects: Numbers) -> tuple[Numbers, Numbers]:
    """Places of the intervals of some objects, and for each which of the objects it is of."""
    starts, after = (
        np.searchsorted(picture.intervals.objects, objects, side) for side in ("left", "right")
    )
    return _ranges(starts, after)


def _of_subjects(picture: Picture, subjects: Numbers) -> tuple[Numbers, Numbers]:
    starts, after = (
        np.searchsorted(picture.intervals.subjects, subjects, side, sorter=picture.by_subject)
        for side in ("left", "right")
    )
    places, which = _ranges(starts, after)
    return picture.by_subject[places].astype(np.int64), which


def _ranges(starts: Numbers, after: Numbers) -> tuple[Numbers, Numbers]:
    """The numbers of all ranges one after the other, and for each the number of its range."""
    lengths = after - starts
    which = np.repeat(np.arange(len(starts)), lengths)
    before = np.cumsum(lengths) - lengths
    return np.arange(len(which)) + (starts - before)[which], which


def _direct(some: Intervals, places: Numbers) -> Paths:
    none = np.full(len(places), DIRECT, np.int32)
    return Paths(some.subjects[places], some.objects[places], none, places.astype(np.int32), none)


def _stands(some: Intervals, places: Numbers, at: int) -> Bits:
    found: Bits = (some.begins[places] <= at) & (at < some.ends[places])
    return found


def _at(picture: Picture, paths: Paths, at: int | None) -> Paths:
    first, last = begins(picture.intervals, paths), ends(picture.intervals, paths)
    return paths.take(first < last if at is None else (first <= at) & (at < last))


def join(*parts: Paths) -> Paths:
    """All of them, one after the other."""
    return Paths(
        *(
            np.concatenate([getattr(each, name) for each in (NOTHING, *parts)]).astype(np.int32)
            for name in Paths.__struct_fields__
        )
    )
