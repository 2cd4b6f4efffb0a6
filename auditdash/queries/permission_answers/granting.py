"""Who grants to whom: the most frequent ones beside each other, the rest summed up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sqlalchemy import Connection

from auditdash.index.view import View
from auditdash.queries.counting.groups import Groups, groups_of, rank
from auditdash.queries.permissions.directions import GRANTED
from auditdash.queries.permissions.numbering import Numbers
from auditdash.queries.permissions.selection import ANYTHING, Derived, answer, select
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

TOP: Final = 12


class Granting(Struct, frozen=True, kw_only=True):
    """`counts` has a row for each of `actors` and one more for all others, and so with columns for
    `subjects`; who is not named is among the others. All cells add up to `total`."""

    actors: tuple[str, ...]
    subjects: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    other_actors: int
    other_subjects: int

    @property
    def total(self) -> int:
        """How often access was granted."""
        return sum(map(sum, self.counts))


def count_granting(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    derived: Derived = ANYTHING,
    limit: int = TOP,
) -> Granting:
    """The grants that the query asks for: additions to something, and invitations."""
    view = open_view(connection, scope)
    what = ("granting", derived, limit)
    return answer(view, query, clock, what, lambda: _count(view, query, clock, derived, limit))


def _count(view: View, query: Query, clock: Clock, derived: Derived, limit: int) -> Granting:
    selection = select(view, query, clock, derived)
    granted = selection.ledger.kinds[selection.places] == GRANTED
    actor_groups, subject_groups = groups_of(view, "actor"), groups_of(view, "subject")
    actors = actor_groups.of_code[selection.column("actor")[granted]]
    subjects = subject_groups.of_code[selection.column("subject")[granted]]
    rows, row_of, other_actors = _top(actor_groups, actors, limit)
    columns, column_of, other_subjects = _top(subject_groups, subjects, limit)
    width = len(columns) + 1
    cells = np.bincount(
        row_of[actors] * width + column_of[subjects], minlength=(len(rows) + 1) * width
    )
    return Granting(
        actors=_names(view, "actor", actor_groups, rows),
        subjects=_names(view, "subject", subject_groups, columns),
        counts=tuple(map(tuple, cells.reshape(-1, width).tolist())),
        other_actors=other_actors,
        other_subjects=other_subjects,
    )


def _top(
    groups: Groups, found: Numbers, limit: int
) -> tuple[Sequence[int], NDArray[np.int64], int]:
    """The most frequent groups, the place of each group among them, how many more have names."""
    counts = np.bincount(found, minlength=len(groups.keys))
    first = rank(groups, counts, limit)
    numbers = np.full(len(groups.keys), len(first), np.int64)
    numbers[first] = np.arange(len(first))
    return first, numbers, int((counts[1:] > 0).sum()) - len(first)


def _names(view: View, name: str, groups: Groups, chosen: Sequence[int]) -> tuple[str, ...]:
    """As the newest of its spellings has it."""
    entries = view.dictionaries[name].entries
    spelled = (entries[groups.codes[group][-1]] for group in chosen)
    return tuple(entry[-1] or entry[-2] or "" for entry in spelled)
