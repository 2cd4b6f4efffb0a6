"""Who changed whose access to what: each change with the role before it and after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.catalogue import category_of
from auditdash.events.event import Event
from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries import scan
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.counts import Counts, count_codes
from auditdash.queries.counting.groups import MISSING, groups_of
from auditdash.queries.permissions.directions import (
    DIRECTIONS,
    FIRST_ROLE,
    HAS_NONE,
    HAS_UNKNOWN,
    Direction,
    Kind,
    kind_of,
)
from auditdash.queries.permissions.ledger import Ledger, ledger_of
from auditdash.queries.permissions.selection import ANYTHING, Derived, select
from auditdash.queries.sight.views import open_view
from auditdash.queries.timeline import Cursor, cursor_of, is_rising
from auditdash.search.match import is_own
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.search.scope import Clock, Scope

_PERMISSION: Final = Term("is", (Atom("permission"),))
_OWN: Final = Term("is", (Atom("own-access"),))
_WINDOW: Final = 1 << 13


class Access(Struct, frozen=True):
    """What a subject had. `role` is set for `role` only.

    `none`: no access; `unknown`: nothing recorded before; `unnamed`: access, its role not recorded.
    """

    kind: Literal["role", "none", "unknown", "unnamed"]
    role: str | None = None


class PermissionChange(Struct, frozen=True, kw_only=True):
    """One event that changed access. `self_made`: the actor changed their own."""

    event: Event
    kind: Kind
    before: Access
    after: Access
    self_made: bool
    direction: Direction = "unknown"


class ChangePage(Struct, frozen=True, kw_only=True):
    """Changes in the order of the query; `following` leads to the rest, None at the end."""

    changes: tuple[PermissionChange, ...]
    following: Cursor | None


class ChangeCounts(Struct, frozen=True, kw_only=True):
    """How many changes were asked for, by kind; granted + revoked + changed = total."""

    total: int
    granted: int
    revoked: int
    changed: int
    self_made: int


class Named(Struct, frozen=True):
    """What access is to, or who changed it, by name, and how often."""

    name: str
    count: int


def find_permission_changes(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    after: Cursor | None = None,
    limit: int = 100,
) -> ChangePage:
    """At most `limit` permission changes of what the query asks for, after the cursor."""
    view = open_view(connection, scope)
    places = scan.find_ordered(
        compile_query(_among(query, _PERMISSION), view, clock),
        rising=is_rising(query),
        after=None if after is None else (after.occurred_at, after.seq),
        limit=limit + 1,
    )
    seqs = [seq for _, seq in places[:limit]]
    changes = tuple(tell_changes(view, seqs))
    more = len(places) > limit
    return ChangePage(changes=changes, following=cursor_of(changes[-1].event) if more else None)


def iterate_permission_changes(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    derived: Derived = ANYTHING,
) -> Iterator[PermissionChange]:
    """All of them, from one snapshot, however many."""
    view = open_view(connection, scope)
    selection = select(view, query, clock, derived)
    ordered = selection.ordered(rising=is_rising(query))
    seqs = selection.ledger.seqs
    return tell_changes(
        view,
        (
            seq
            for start in range(0, len(ordered), _WINDOW)
            for seq in seqs[ordered[start : start + _WINDOW]].tolist()
        ),
    )


def count_permission_changes(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    derived: Derived = ANYTHING,
) -> ChangeCounts:
    """How many changes of each kind the query and `derived` ask for."""
    view = open_view(connection, scope)
    found = _count(view, query, clock, "action", derived)
    own = _count(view, _among(query, _OWN), clock, "action", derived)
    counts = {"granted": 0, "revoked": 0, "changed": 0}
    for code in np.flatnonzero(found).tolist():
        counts[kind_of(_text(view, "action", code) or "")] += int(found[code])
    return ChangeCounts(total=sum(counts.values()), self_made=int(own.sum()), **counts)


def count_changes(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    """How many changes the query asks for: a sum that is kept, without looking where they are."""
    view = open_view(connection, scope)
    return int(_count(view, query, clock, "action", ANYTHING).sum())


def count_by_category(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    derived: Derived = ANYTHING,
) -> dict[str, int]:
    """How many changes of each category the query asks for, of those that it has."""
    view = open_view(connection, scope)
    found = _count(view, query, clock, "action", derived)
    counts: dict[str, int] = {}
    for code in np.flatnonzero(found).tolist():
        slug = category_of(_text(view, "action", code) or "")
        counts[slug] = counts.get(slug, 0) + int(found[code])
    return counts


def rank_targets(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    category: str,
    limit: int,
    derived: Derived = ANYTHING,
) -> tuple[Named, ...]:
    """To what of a category access was changed most; what is not named is left out."""
    view = open_view(connection, scope)
    asked = _among(query, Term("category", (Atom(category),)))
    return _rank(view, "entity", _count(view, asked, clock, "entity", derived), limit)


def rank_changers(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    limit: int,
    derived: Derived = ANYTHING,
) -> tuple[Named, ...]:
    """Who changed access most; who is not named is left out."""
    view = open_view(connection, scope)
    return _rank(view, "actor", _count(view, query, clock, "actor", derived), limit)


def _count(view: View, query: Query, clock: Clock, name: str, derived: Derived) -> Counts:
    """For each entry of a dictionary in how many of the changes it is."""
    if derived == ANYTHING:
        return count_codes(view, _among(query, _PERMISSION), clock, [name])[name]
    codes = select(view, query, clock, derived).column(name)
    return np.bincount(codes, minlength=len(view.dictionaries[name].entries))


def _rank(view: View, dictionary: str, codes: Counts, limit: int) -> tuple[Named, ...]:
    groups = groups_of(view, dictionary)
    counts = groups.add(codes)
    counts[MISSING] = 0
    occurring = np.flatnonzero(counts).tolist()
    ranked = sorted(occurring, key=lambda group: (-int(counts[group]), groups.keys[group]))
    entries = view.dictionaries[dictionary].entries
    found = []
    for group in ranked[:limit]:
        named = [entries[code] for code in groups.codes[group] if code < len(codes) and codes[code]]
        name = max(entry[-1] or entry[-2] or "" for entry in named)
        found.append(Named(name, int(counts[group])))
    return tuple(found)


def find_first_recorded(connection: Connection, scope: Scope) -> Instant | None:
    """When the archive begins (`occurred_at` of its earliest event): before it all is unknown."""
    view = open_view(connection, scope)
    firsts = []
    for segment in view.segments:
        seen = view.in_sight(segment)
        first = segment.described.first_at if seen is None else segment.times[np.argmax(seen)]
        firsts.append(int(first))
    return Instant(min(firsts)) if firsts else None


def _among(query: Query, *narrower: Term) -> Query:
    return query_of((*narrower, *query.parts), query.order)


def tell_changes(view: View, seqs: Iterable[int]) -> Iterator[PermissionChange]:
    """The changes with these seqs, in their order."""
    _, ledger = ledger_of(view)
    for event in view.events(seqs):
        kind = kind_of(event.action)
        place = ledger.place(event.seq)
        yield PermissionChange(
            event=event,
            kind=kind,
            before=_had(view, ledger, place),
            after=_given(event.role) if kind != "revoked" else Access("none"),
            direction=DIRECTIONS[ledger.directions[place]],
            self_made=is_own(event),
        )


def _had(view: View, ledger: Ledger, place: int) -> Access:
    had = int(ledger.had[place])
    if had < FIRST_ROLE:
        if had == HAS_NONE:
            return Access("none")
        return Access("unknown" if had == HAS_UNKNOWN else "unnamed")
    return _given(_text(view, "role", int(ledger.roles[ledger.before[place]])))


def _text(view: View, name: str, code: int) -> str | None:
    return view.dictionaries[name].entries[code][0]


def _given(role: str | None) -> Access:
    return Access("role", role) if role else Access("unnamed")
