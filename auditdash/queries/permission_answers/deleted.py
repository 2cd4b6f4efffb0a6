"""What was deleted when: access to it ended, though nobody revoked it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.catalogue import actions
from auditdash.index.view import View
from auditdash.queries import scan
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.groups import MISSING, groups_of
from auditdash.queries.counting.remembered import remembered
from auditdash.queries.permissions.numbering import Numbers
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.search.scope import Clock

_CATEGORIES: Final = ("connections", "collections", "user-groups")
_ACTIONS: Final = frozenset(
    each.name for each in actions() if each.op == "remove" and each.category in _CATEGORIES
)
_NEVER: Final = -(1 << 62)


class Deleted(Struct, frozen=True, eq=False):
    """When each group of entities, and of subjects, was deleted last."""

    things: NDArray[np.int64]
    subjects: NDArray[np.int64]

    @staticmethod
    def groups(view: View) -> tuple[Numbers, Numbers]:
        """The group of each code of an entity, and of a subject."""
        return groups_of(view, "entity-identity").of_code, groups_of(view, "subject").of_code

    def since(
        self, instants: NDArray[Any], things: NDArray[Any], subjects: NDArray[Any]
    ) -> NDArray[np.bool_]:
        """Whether the thing, or the group that the subject is, was deleted after the instant."""
        found = np.zeros(len(instants), np.bool_)
        for deleted_at, groups in ((self.things, things), (self.subjects, subjects)):
            # A group that is newer than the last deletion was never deleted.
            at = np.append(deleted_at, _NEVER)[np.minimum(groups, len(deleted_at))]
            found |= at > instants
        return found


def find_deleted(view: View, clock: Clock) -> Deleted:
    """All that was deleted, as far as is in sight."""
    return remembered(view, Query(), clock, "deleted", _ACTIONS, lambda: _find(view, clock))


def _find(view: View, clock: Clock) -> Deleted:
    asked = Term("action", tuple(Atom(name, quoted=True) for name in sorted(_ACTIONS)))
    things, subjects = Deleted.groups(view)
    deleted = [
        np.full(groups.max(initial=0) + 1, _NEVER, np.int64) for groups in (things, subjects)
    ]
    for found in scan.scan(compile_query(query_of((asked,)), view, clock)):
        np.maximum.at(deleted[0], things[found.column("entity")], found.times)
        np.maximum.at(deleted[1], subjects[found.column("subject")], found.times)
    for each in deleted:
        each[MISSING] = _NEVER
    return Deleted(*deleted)
