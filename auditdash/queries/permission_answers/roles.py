"""How often access went from one role to another, and which way."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.index.view import View
from auditdash.queries.permission_changes import count_changes
from auditdash.queries.permissions.directions import DIRECTIONS, Direction
from auditdash.queries.permissions.ledger import ledger_of
from auditdash.queries.permissions.selection import (
    ANYTHING,
    Derived,
    answer,
    select_places,
    state_text,
)
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

DirectionCounts: TypeAlias = dict[Direction, int]


class Step(Struct, frozen=True):
    """From what to what, as `Derived` writes them, and how often."""

    before: str
    after: str
    count: int


def count_directions(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> DirectionCounts:
    """How many changes gave more, less, as much, or who knows; all of them together are all."""
    view = open_view(connection, scope)

    def tell() -> DirectionCounts:
        _, ledger = ledger_of(view)
        found = ledger.directions[select_places(view, query, clock)]
        counts = np.bincount(found, minlength=len(DIRECTIONS)).tolist()
        return dict(zip(DIRECTIONS, counts, strict=True))

    return answer(view, query, clock, "directions", tell)


def count_derived(
    connection: Connection, query: Query, scope: Scope, clock: Clock, derived: Derived
) -> int:
    """How many changes the query and `derived` ask for."""
    if derived == ANYTHING:
        return count_changes(connection, query, scope, clock)
    view = open_view(connection, scope)
    what = ("count", derived)
    return answer(view, query, clock, what, lambda: len(select_places(view, query, clock, derived)))


def count_steps(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    derived: Derived = ANYTHING,
) -> tuple[Step, ...]:
    """Each pair of before and after that occurs, the most frequent first."""
    view = open_view(connection, scope)
    what = ("steps", derived)
    return answer(view, query, clock, what, lambda: _steps(view, query, clock, derived))


def _steps(view: View, query: Query, clock: Clock, derived: Derived) -> tuple[Step, ...]:
    _, ledger = ledger_of(view)
    places = select_places(view, query, clock, derived)
    width = int(ledger.states.max(initial=0)) + 1
    pairs = ledger.had[places].astype(np.int64) * width + ledger.states[places]
    distinct, counts = np.unique(pairs, return_counts=True)
    found = [
        Step(state_text(view, pair // width), state_text(view, pair % width), count)
        for pair, count in zip(distinct.tolist(), counts.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda step: (-step.count, step.before, step.after)))
