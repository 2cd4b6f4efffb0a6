"""The change before each change: of the same person's access to the same thing.

Told from all changes in sight. What could be several people or things, or is not named at all, has
no history: `identities.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.files.segment import Column
from auditdash.index.view import View
from auditdash.queries.permissions.changes import AllChanges, Changes, all_changes
from auditdash.queries.permissions.identities import ALONE, identities
from auditdash.queries.permissions.numbering import Numbers

_THING_SHIFT: Final = 32
_AT_ONCE: Final = 400_000  # changes that are put in order

Selected = Callable[[Changes, Numbers], NDArray[np.bool_]]


class Before(Struct, frozen=True, eq=False):
    """For the changes `seqs`, which rise, the action and role of the change before, as codes. What
    has none is not among them."""

    seqs: Numbers
    actions: NDArray[np.uint32]
    roles: NDArray[np.uint32]

    def of(self, seq: int) -> tuple[int, int] | None:
        """The codes of action and role, None when nothing came before."""
        place = int(np.searchsorted(self.seqs, seq))
        if place == len(self.seqs) or self.seqs[place] != seq:
            return None
        return int(self.actions[place]), int(self.roles[place])


def find_before(view: View, seqs: Sequence[int]) -> Before:
    """What came before each of a few changes."""
    changes = all_changes(view)
    who = _Identities(changes)
    wanted = np.unique(
        np.concatenate(
            [np.zeros(0, np.int64)]
            + [who.keys(some)[_are(some, seqs)] for some in _holding(changes.segments, seqs)]
        )
    )
    wanted = wanted[wanted != ALONE]
    things = np.isin(who.things, wanted >> _THING_SHIFT)
    people = np.isin(who.people, wanted & ((1 << _THING_SHIFT) - 1))
    rows = []
    for some in changes.segments:
        places = np.flatnonzero(things[some.things] & people[some.people])
        if len(places):
            keys = who.keys(some, places)
            own = np.isin(keys, wanted)
            rows.append(_rows(some, places[own], keys[own]))
    return _previous(rows)


def find_all_before(view: View) -> Before:
    """What came before each change in sight."""
    changes = all_changes(view)
    who = _Identities(changes)
    # One part of the histories after the other, so that no more than a part is put in order.
    parts = 1 + 2 * (sum(len(some) for some in changes.segments) // (2 * _AT_ONCE))
    found = [_previous(_part(changes, who, part, parts)) for part in range(parts)]
    seqs = np.concatenate([each.seqs for each in found])
    order = np.argsort(seqs)
    return Before(
        seqs[order],
        np.concatenate([each.actions for each in found])[order],
        np.concatenate([each.roles for each in found])[order],
    )


class _Rows(Struct, frozen=True, eq=False):
    keys: Numbers
    times: Numbers
    seqs: Numbers
    actions: Column
    roles: Column


class _Identities:
    """Who is who and what is what, for all changes in sight."""

    def __init__(self, changes: AllChanges) -> None:
        self.things = identities(changes.things, [each.all_things for each in changes.segments])
        self.people = identities(changes.people, [each.all_people for each in changes.segments])

    def keys(self, changes: Changes, places: Numbers | None = None) -> Numbers:
        """The history that each change belongs to; ALONE where it has none."""
        numbers = (changes.things, changes.people)
        things, people = numbers if places is None else (each[places] for each in numbers)
        thing, person = self.things[things], self.people[people]
        keys: Numbers = thing << _THING_SHIFT | person
        keys[(thing == ALONE) | (person == ALONE)] = ALONE
        return keys


def _holding(changes: Iterable[Changes], seqs: Sequence[int]) -> Iterable[Changes]:
    """The segments that have one of these."""
    wanted = np.sort(np.array(seqs, np.int64))
    for some in changes:
        bounds = (some.segment.first_seq, some.segment.last_seq + 1)
        start, end = np.searchsorted(wanted, bounds)
        if start < end:
            yield some


def _are(changes: Changes, seqs: Sequence[int]) -> NDArray[np.bool_]:
    """Which of the changes are these."""
    segment = changes.segment
    marked = np.zeros(len(segment), np.bool_)
    marked[
        [seq - segment.first_seq for seq in seqs if 0 <= seq - segment.first_seq < len(segment)]
    ] = True
    found: NDArray[np.bool_] = marked[segment.column("seq")[changes.rows]]
    return found


def _part(changes: AllChanges, who: _Identities, part: int, parts: int) -> Iterable[_Rows]:
    for some in changes.segments:
        keys = who.keys(some)
        places = np.flatnonzero((keys != ALONE) & (keys % parts == part))
        yield _rows(some, places, keys[places])


def _rows(changes: Changes, places: Numbers, keys: Numbers) -> _Rows:
    segment, rows = changes.segment, changes.rows[places]
    return _Rows(
        keys,
        segment.times[rows],
        segment.column("seq")[rows].astype(np.int64) + segment.first_seq,
        segment.column("action")[rows],
        segment.column("role")[rows],
    )


def _previous(rows: Iterable[_Rows]) -> Before:
    """Whole histories in, for each change the one before it out."""
    found = list(rows)

    def joined(name: str) -> Numbers:
        columns = [getattr(each, name).astype(np.int64) for each in found]
        return np.concatenate([np.zeros(0, np.int64), *columns])

    keys, seqs = joined("keys"), joined("seqs")
    order = np.lexsort((seqs, joined("times"), keys))
    keys, seqs = keys[order], seqs[order]
    follows = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    by_seq = follows[np.argsort(seqs[follows])]
    earlier = order[by_seq - 1]
    return Before(
        seqs[by_seq],
        joined("actions")[earlier].astype(np.uint32),
        joined("roles")[earlier].astype(np.uint32),
    )
