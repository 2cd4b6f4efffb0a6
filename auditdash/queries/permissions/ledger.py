"""All permission changes in sight, each with the one before it of the same person's access to the
same thing.

Made from the columns of the index when it is first asked for, and kept until another change comes:
a fifth of a second for two million of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.permissions.changes import AllChanges, all_changes
from auditdash.queries.permissions.directions import Ranks, kinds_of, states_after, states_before
from auditdash.queries.permissions.identities import ALONE, identities
from auditdash.queries.permissions.numbering import Named, Numbers
from auditdash.queries.permissions.ordering import narrow, put_in_order

NO_PLACE: Final = -1
_MOST_KEPT: Final = 2  # the newest, and one that somebody's frozen view sees


class Ledger(Struct, frozen=True, eq=False):
    """Columns with one number for each change, by its place: the changes stand in the order of
    their seqs, so that a later one never moves an earlier. `kinds` and `directions` are numbers of
    the words in `directions.py`.

    `before` is the place of the change before it, or NO_PLACE; what is not `known` is nobody's or
    nothing's for certain and stands in no history; `roles` and `actions` are codes; `states` say
    what the change left (`directions.HAS_…`), `had` what there was before it.
    """

    seqs: NDArray[np.int64]
    by_time: NDArray[np.int32]
    before: NDArray[np.int32]
    known: NDArray[np.bool_]
    roles: NDArray[Any]
    states: NDArray[Any]
    had: NDArray[Any]
    actions: NDArray[Any]
    kinds: NDArray[np.uint8]
    directions: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.seqs)

    def places(self, seqs: Numbers) -> Numbers:
        """Where the changes with these seqs stand."""
        return np.searchsorted(self.seqs, seqs)

    def place(self, seq: int) -> int:
        """Where the change with this seq stands, or would."""
        return int(np.searchsorted(self.seqs, seq))


class _Kept:
    """Ledgers by the number of their changes: that is enough to tell what is in sight, for there
    is no other way to have as many."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.ledgers: OrderedDict[int, Ledger] = OrderedDict()


def ledger_of(view: View) -> tuple[AllChanges, Ledger]:
    """What is in sight now, and in order."""
    changes = all_changes(view)
    count = len(changes)
    kept = view.dictionaries.kept(_Kept)
    with kept.lock:
        found = kept.ledgers.get(count)
        if found is None:
            found = kept.ledgers[count] = _make(view, changes)
        kept.ledgers.move_to_end(count)
        while len(kept.ledgers) > _MOST_KEPT:
            kept.ledgers.popitem(last=False)
    return changes, found


def _make(view: View, changes: AllChanges) -> Ledger:
    actions, codes = changes.by_place("action"), changes.by_place("role")
    by_time = np.argsort(changes.by_place("time"), kind="stable").astype(np.int32)
    before, known = _before(changes, by_time)
    roles = groups_of(view, "role")
    entries = view.dictionaries["action"].entries
    kinds = kinds_of(entries)[actions]
    states = states_after(kinds, roles.of_code[codes])
    had = states_before(kinds, before, states)
    return Ledger(
        seqs=changes.seqs_by_place(),
        by_time=by_time,
        before=before,
        known=known,
        roles=narrow(codes),
        states=narrow(states),
        had=narrow(had),
        actions=narrow(actions),
        kinds=kinds,
        directions=Ranks(entries, roles).directions(actions, had, states),
    )


def _dense(named: Named, occurring: Sequence[Numbers]) -> Numbers:
    """The same identities from 0 on; ALONE stays."""
    distinct, numbers = np.unique(identities(named, occurring), return_inverse=True)
    found: Numbers = numbers.astype(np.int64)
    return found - 1 if len(distinct) and distinct[0] == ALONE else found


def _before(
    changes: AllChanges, by_time: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Whole histories in order: what stands before each change is the one before it."""
    things = _dense(changes.things, [each.all_things for each in changes.segments])
    people = _dense(changes.people, [each.all_people for each in changes.segments])
    thing = things[changes.numbers_by_place("things")]
    person = people[changes.numbers_by_place("people")]
    known = (thing != ALONE) & (person != ALONE)
    order = by_time[known[by_time]]
    order = put_in_order(put_in_order(order, thing), person)
    found = np.full(len(by_time), NO_PLACE, np.int32)
    later, earlier = order[1:], order[:-1]
    same = (thing[later] == thing[earlier]) & (person[later] == person[earlier])
    found[later[same]] = earlier[same]
    return found, known
