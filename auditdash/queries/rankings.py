"""Who did most, and what it was done to most: the first few, and honest numbers for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Label, Select, case, func, select

from auditdash.events.catalogue import categories, category_of
from auditdash.queries.compile import compile_query
from auditdash.queries.steps import whole
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import event_fields

TOP = 10
_fields = event_fields.c


class Rank(Struct, frozen=True, kw_only=True):
    """One actor or entity as its newest event names it, and in how many events it occurs."""

    name: str | None
    type: str | None
    id: str | None
    count: int


class Ranking(Struct, frozen=True, kw_only=True):
    """The most frequent first. `others` more names share `other_count` events; in `missing` events
    there is no name. The counts of all add up to `total`."""

    ranks: tuple[Rank, ...]
    others: int
    other_count: int
    missing: int

    @property
    def total(self) -> int:
        """The number of events that were asked for."""
        return sum(rank.count for rank in self.ranks) + self.other_count + self.missing


def rank_actors(
    connection: Connection, query: Query, scope: Scope, clock: Clock, limit: int = TOP
) -> Ranking:
    """Actors by the number of their events. A username is one actor, whatever its case; an actor
    without one is known by its id."""
    key = func.coalesce(_given(_fields.actor_username_key), _given(_fields.actor_id_key))
    groups = _groups([key.label("key")], compile_query(query, scope, clock))
    name = func.coalesce(_given(_fields.actor_username), _fields.actor_id)
    described = select(_fields.seq, name.label("name"), _fields.actor_id.label("id"))
    return _rank(connection, groups, described, scope, limit)


def rank_entities(
    connection: Connection, query: Query, scope: Scope, clock: Clock, limit: int = TOP
) -> Ranking:
    """Entities by the number of events on them. Type and id make an entity, so that it stays one
    when it is renamed; without an id, type and name."""
    identity = _given(_fields.entity_id_key)
    key = func.coalesce(identity, _given(_fields.entity_name_key))
    kind = func.coalesce(case((key.is_not(None), _fields.entity_type_key)), "").label("kind")
    named = case((identity.is_(None), whole(1)), else_=whole(0)).label("named")
    groups = _groups([key.label("key"), kind, named], compile_query(query, scope, clock))
    described = select(
        _fields.seq,
        _fields.entity_name.label("name"),
        _fields.entity_type.label("type"),
        _fields.entity_id.label("id"),
    )
    return _rank(connection, groups, described, scope, limit)


def count_by_category(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> dict[str, int]:
    """Each category, in the order of the catalogue, with its number of events."""
    condition = compile_query(query, scope, clock)
    statement = select(_fields.action, func.count()).where(condition).group_by(_fields.action)
    counts = {category.slug: 0 for category in categories()}
    for action, count in connection.execute(statement):
        counts[category_of(action)] += count
    return counts


def _given(column: ColumnElement[str | None]) -> ColumnElement[str | None]:
    """An empty name is none: a query could not ask for it either."""
    return func.nullif(column, "")


def _groups(keys: Sequence[Label[Any]], condition: ColumnElement[bool]) -> Select[Any]:
    """One row for each name: its keys, its events, and the newest of them."""
    numbers = (func.count().label("events"), func.max(_fields.seq).label("newest"))
    return select(*keys, *numbers).where(condition).group_by(*keys)


def _rank(
    connection: Connection, groups: Select[Any], described: Select[Any], scope: Scope, limit: int
) -> Ranking:
    group = groups.subquery().c
    unnamed = group.key.is_(None)
    ordered = select(
        group.newest,
        group.events,
        unnamed.label("unnamed"),
        func.sum(group.events).over().label("total"),
        func.sum(case((unnamed, group.events), else_=whole(0))).over().label("missing"),
        func.sum(case((unnamed, whole(0)), else_=whole(1))).over().label("names"),
    ).order_by(unnamed, group.events.desc(), *(key for key in group if key.name != "newest"))
    rows = connection.execute(ordered.limit(limit)).all()
    if not rows:
        return Ranking(ranks=(), others=0, other_count=0, missing=0)
    named = {row.newest: row.events for row in rows if not row.unnamed}
    missing = int(rows[0].missing)
    return Ranking(
        ranks=_ranks(connection, described, scope, named),
        others=int(rows[0].names) - len(named),
        other_count=int(rows[0].total) - missing - sum(named.values()),
        missing=missing,
    )


def _ranks(
    connection: Connection, described: Select[Any], scope: Scope, events: Mapping[int, int]
) -> tuple[Rank, ...]:
    """How the newest event of each names it; `events` is newest seq → count, most first."""
    chosen = described.where(
        _fields.workspace_id == scope.workspace_id, _fields.seq.in_(list(events))
    )
    rows = {row["seq"]: dict(row) for row in connection.execute(chosen).mappings()}
    return tuple(
        Rank(
            name=rows[seq]["name"],
            type=rows[seq].get("type"),
            id=rows[seq]["id"],
            count=count,
        )
        for seq, count in events.items()
    )
