"""Whose access was changed most."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.queries.counting.groups import groups_of, rank
from auditdash.queries.permissions.selection import answer, select
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope


class Person(Struct, frozen=True):
    """A member or a group, spelled as it came last, and how often its access changed."""

    name: str
    type: str
    count: int


def rank_people(
    connection: Connection, query: Query, scope: Scope, clock: Clock, limit: int
) -> tuple[Person, ...]:
    """Those whose access was changed most, of the changes that the query asks for."""
    view = open_view(connection, scope)

    def tell() -> tuple[Person, ...]:
        groups = groups_of(view, "subject")
        codes = select(view, query, clock).column("subject")
        counts = np.bincount(groups.of_code[codes], minlength=len(groups.keys))
        entries = view.dictionaries["subject"].entries
        named = [(group, entries[groups.codes[group][-1]]) for group in rank(groups, counts, limit)]
        return tuple(
            Person(entry[2] or entry[1] or "", entry[0] or "", int(counts[group]))
            for group, entry in named
        )

    return answer(view, query, clock, ("people", limit), tell)
