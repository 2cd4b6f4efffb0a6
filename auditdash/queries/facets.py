"""The alternatives to what was asked: the values of a field, each with its number of events.

The counts of a facet leave out what the query says about that very field, so that the values
that were not chosen stay in sight.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, func, select

from auditdash.events.catalogue import action_label, category_label, category_of
from auditdash.queries.compile import compile_query
from auditdash.queries.rankings import count_by_category, rank_actors
from auditdash.search.edit import without_field
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import event_fields

TOP = 8


class Choice(Struct, frozen=True, kw_only=True):
    """One value as a query names it, how it is said, and its events. `category` has a colour."""

    value: str
    label: str
    count: int
    category: str = ""


class Facet(Struct, frozen=True, kw_only=True):
    """The most frequent values first. `others` more values share `other_count` events; `missing`
    events have no value. The counts of all add up to the result without this field's terms."""

    field: str
    choices: tuple[Choice, ...]
    others: int = 0
    other_count: int = 0
    missing: int = 0


def count_facets(
    connection: Connection, query: Query, scope: Scope, clock: Clock, top: int = TOP
) -> tuple[Facet, ...]:
    """Category, action and actor."""
    return (
        count_categories(connection, query, scope, clock),
        count_actions(connection, query, scope, clock, top),
        count_actors(connection, query, scope, clock, top),
    )


def count_categories(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Facet:
    """Every category that has an event."""
    counts = count_by_category(connection, without_field(query, "category"), scope, clock)
    choices = [
        Choice(value=slug, label=category_label(slug), count=count, category=slug)
        for slug, count in counts.items()
        if count
    ]
    return Facet(field="category", choices=_ranked(choices))


def count_actions(
    connection: Connection, query: Query, scope: Scope, clock: Clock, top: int = TOP
) -> Facet:
    """The `top` actions."""
    action = event_fields.c.action
    condition = compile_query(without_field(query, "action"), scope, clock)
    statement = select(action, func.count()).where(condition).group_by(action)
    choices = _ranked(
        Choice(value=name, label=action_label(name), count=count, category=category_of(name))
        for name, count in connection.execute(statement)
    )
    rest = choices[top:]
    return Facet(
        field="action",
        choices=choices[:top],
        others=len(rest),
        other_count=sum(choice.count for choice in rest),
    )


def count_actors(
    connection: Connection, query: Query, scope: Scope, clock: Clock, top: int = TOP
) -> Facet:
    """The `top` actors, each by username, or by id where it has none."""
    found = rank_actors(connection, without_field(query, "actor"), scope, clock, top)
    choices = tuple(
        Choice(value=rank.name, label=rank.name, count=rank.count)
        for rank in found.ranks
        if rank.name is not None
    )
    return Facet(
        field="actor",
        choices=choices,
        others=found.others,
        other_count=found.other_count,
        missing=found.missing,
    )


def _ranked(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(choices, key=lambda choice: (-choice.count, choice.value)))
