"""What is different between two moments: what was given, taken away, or has another role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.queries.access import paths as ways
from auditdash.queries.access.narrow import narrow
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.paths import Paths
from auditdash.queries.access.replay import Intervals
from auditdash.queries.access.rows import Evidence, Sight, evidence
from auditdash.queries.permissions.numbering import Numbers
from auditdash.search.query import Query
from auditdash.search.scope import Clock

Kind = Literal["gained", "lost", "changed"]
KINDS: Final[tuple[Kind, ...]] = ("gained", "lost", "changed")
_NONE: Final = -1


class Difference(Struct, frozen=True, eq=False):
    """`kinds` number KINDS; `before` and `after` are places of intervals, _NONE where there was no
    access. `paths` is what each was about, as it stands after, or stood before."""

    kinds: NDArray[np.uint8]
    before: Numbers
    after: Numbers
    paths: Paths

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def counts(self) -> dict[Kind, int]:
        """How many there are of each kind."""
        found = np.bincount(self.kinds, minlength=len(KINDS)).tolist()
        return dict(zip(KINDS, found, strict=True))

    def of_kind(self, kind: str) -> Difference:
        """Those of one kind; of all when it is no kind."""
        if kind not in KINDS:
            return self
        return self.take(np.flatnonzero(self.kinds == KINDS.index(kind)))

    def take(self, which: Numbers | slice) -> Difference:
        """Some of them."""
        return Difference(
            self.kinds[which], self.before[which], self.after[which], self.paths.take(which)
        )


class Delta(Struct, frozen=True, kw_only=True):
    """One difference; a role is None where there is no access, or where none was told. `told` is
    the newest event that made it so."""

    kind: Kind
    subject: Node
    object: Node
    before: str | None
    after: str | None
    told: Evidence | None


def find_difference(
    sight: Sight, first: int, second: int, query: Query, clock: Clock
) -> Difference:
    """All that was given to somebody at one of the moments and not, or otherwise, at the other;
    narrowed to what is asked."""
    found = _difference(sight, first, second)
    if query.node is None:
        return found
    kept = narrow(query, sight.view, sight.picture, clock, found.paths)
    return found.take(np.flatnonzero(np.isin(found.paths.grants, kept.grants)))


def _difference(sight: Sight, first: int, second: int) -> Difference:
    some = sight.picture.intervals
    before, after = (ways.stand_at(some, at) for at in (first, second))
    # What stands at both moments by the same interval is no difference.
    was, now = np.flatnonzero(before & ~after), np.flatnonzero(after & ~before)
    of_was, of_now = _pairs(some, was, now)
    other = some.roles[was[of_was]] != some.roles[now[of_now]]
    gained = np.delete(now, of_now)
    lost = np.delete(was, of_was)
    places_before = np.concatenate((np.full(len(gained), _NONE), lost, was[of_was][other]))
    places_after = np.concatenate((gained, np.full(len(lost), _NONE), now[of_now][other]))
    counts = (len(gained), len(lost), int(other.sum()))
    shown = np.where(places_after == _NONE, places_before, places_after)
    none = np.full(len(shown), ways.DIRECT, np.int32)
    paths = Paths(some.subjects[shown], some.objects[shown], none, shown.astype(np.int32), none)
    kinds = np.repeat(np.arange(3, dtype=np.uint8), counts)
    return Difference(kinds, places_before, places_after, paths)


def _pairs(some: Intervals, was: Numbers, now: Numbers) -> tuple[Numbers, Numbers]:
    """The numbers of those that are of one subject and object. There is one of each at most at a
    moment, and intervals stand by object and subject."""
    keys = [some.objects[each].astype(np.int64) << 32 | some.subjects[each] for each in (was, now)]
    places = np.searchsorted(keys[1], keys[0])
    found = np.flatnonzero(np.append(keys[1], _NONE)[places] == keys[0])
    return found, places[found]


def iterate_deltas(sight: Sight, difference: Difference) -> Iterator[Delta]:
    """Each as a row."""
    picture = sight.picture
    some = picture.intervals
    for at in range(len(difference)):
        before, after = int(difference.before[at]), int(difference.after[at])
        told = some.begun[after] if after != _NONE else some.ended[before]
        yield Delta(
            kind=KINDS[int(difference.kinds[at])],
            subject=picture.nodes.node(int(difference.paths.subjects[at])),
            object=picture.nodes.node(int(difference.paths.objects[at])),
            before=None if before == _NONE else picture.role(int(some.roles[before])),
            after=None if after == _NONE else picture.role(int(some.roles[after])),
            told=evidence(sight, int(told)),
        )
