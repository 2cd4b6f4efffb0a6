"""Reports whose SQL changed: how often, by whom, and how often they were exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.counts import count_codes
from auditdash.queries.counting.groups import MISSING, groups_of
from auditdash.queries.counting.remembered import remembered
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.order import Ints, starts_of
from auditdash.queries.exports.rows import export_actions
from auditdash.queries.inventory.rows import Mark
from auditdash.queries.scan import scan
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.search.scope import Clock, Scope

SQL_ACTIONS: Final = ("report_activity_sql_added", "report_activity_sql_deleted")
EDITED: Final = "report_activity_report_edited"
_HALF: Final = 32


class Report(Struct, frozen=True, kw_only=True):
    """A report, as the newest change of its SQL names it: changes of the SQL, by so many people,
    edits of whatever kind, exports, and the last change of the SQL."""

    name: str | None
    id: str | None
    sql_changes: int
    people: int
    edits: int
    exports: int
    last: Mark


class Reports(Struct, frozen=True, kw_only=True):
    """Those that were exported most first, equal ones by the changes of their SQL."""

    all: Sequence[Report]
    sql_changes: int


class _Changes(Struct, frozen=True, eq=False):
    """By the group of a report: how many changes, of how many people, and the newest one."""

    counts: Ints
    people: Ints
    times: Ints
    seqs: Ints
    actors: Ints
    entities: Ints


def actions_term(names: Sequence[str]) -> Term:
    """Events of exactly these actions."""
    return Term("action", tuple(Atom(name, quoted=True) for name in names))


def find_reports(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Reports:
    """The reports whose SQL was changed by an event that the query asks for, with the edits and
    exports that it asks for."""
    view = open_view(connection, scope)
    events = frozenset((*SQL_ACTIONS, EDITED, *export_actions()))
    return remembered(view, query, clock, "reports", events, lambda: _find(view, query, clock))


def _find(view: View, query: Query, clock: Clock) -> Reports:
    sql = _changes(view, query_of((*query.parts, actions_term(SQL_ACTIONS))), clock)
    edits = _counts(view, query_of((*query.parts, actions_term((EDITED,)))), clock)
    exports = _counts(view, query_of((*query.parts, actions_term(export_actions()))), clock)
    found = np.flatnonzero(sql.counts)
    ranked = found[np.lexsort((found, -sql.counts[found], -exports[found]))]
    dictionaries = view.dictionaries

    def make(group: int) -> Report:
        _, identity, name = dictionaries["entity"].entries[int(sql.entities[group])]
        actor_id, username = dictionaries["actor"].entries[int(sql.actors[group])]
        at = Instant(int(sql.times[group]))
        return Report(
            name=name or identity or None,
            id=identity or None,
            sql_changes=int(sql.counts[group]),
            people=int(sql.people[group]),
            edits=int(edits[group]),
            exports=int(exports[group]),
            last=Mark(int(sql.seqs[group]), at, username or actor_id),
        )

    return Reports(all=Listed(ranked.tolist(), make), sql_changes=int(sql.counts.sum()))


def _counts(view: View, query: Query, clock: Clock) -> Ints:
    groups = groups_of(view, "report")
    return groups.add(count_codes(view, query, clock, ["entity"])["entity"])


def _changes(view: View, query: Query, clock: Clock) -> _Changes:
    groups, people = groups_of(view, "report"), groups_of(view, "actor").of_code
    size = len(groups.keys)
    columns = [np.zeros(size, np.int64) for _ in range(3)]
    times, counts = np.full(size, -(1 << 62)), np.zeros(size, np.int64)
    pairs = []
    for found in scan(compile_query(query, view, clock)):
        reports = groups.of_code[found.column("entity")]
        counts += np.bincount(reports, minlength=size)
        pairs.append(np.unique(reports << _HALF | people[found.column("actor")]))
        rows = np.arange(len(found))
        newest = np.full(size, -1)
        newest[reports] = rows  # they rise in time, and what is assigned last stays
        here = np.flatnonzero(newest >= 0)
        later = here[found.times[newest[here]] >= times[here]]
        times[later] = found.times[newest[later]]
        told = (found.seqs, found.column("actor"), found.column("entity"))
        for column, values in zip(columns, told, strict=True):
            column[later] = values[newest[later]]
    every = np.sort(np.concatenate(pairs)) if pairs else np.zeros(0, np.int64)
    every = every[starts_of(every)]
    named = every[(every & ((1 << _HALF) - 1)) != MISSING] >> _HALF
    return _Changes(counts, np.bincount(named, minlength=size), times, *columns)
