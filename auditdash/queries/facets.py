"""The alternatives to what was asked: the values of a field, each with its number of events.

The counts of a facet leave out what the query says about that very field, so that the values
that were not chosen stay in sight. What was chosen stays in sight too, however rare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from msgspec import Struct, structs
from sqlalchemy import Connection, case, func, select

from auditdash.events.catalogue import action_label, category_label, category_of
from auditdash.events.folding import fold_case
from auditdash.queries.compile import compile_query
from auditdash.queries.rankings import rank_actors
from auditdash.search.edit import atom_of, chosen, without_field
from auditdash.search.query import Query, Term, query_of
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


class Facets(Struct, frozen=True, kw_only=True):
    """All facets of a result, and its exact number of events."""

    total: int
    facets: tuple[Facet, ...]


def count_facets(
    connection: Connection, query: Query, scope: Scope, clock: Clock, top: int = TOP
) -> Facets:
    """Category, action and actor."""

    @cache  # the result, the categories and the actions are mostly the same question
    def count_actions(asked: Query) -> Mapping[str, int]:
        action = event_fields.c.action
        condition = compile_query(asked, scope, clock)
        statement = select(action, func.count()).where(condition).group_by(action)
        return dict(connection.execute(statement).all())

    facets = (
        _categories(count_actions(without_field(query, "category"))),
        _actions(count_actions(without_field(query, "action")), top),
        _actors(connection, without_field(query, "actor"), scope, clock, top),
    )
    return Facets(
        total=sum(count_actions(query).values()),
        facets=tuple(_with_chosen(connection, facet, query, scope, clock) for facet in facets),
    )


def _categories(counts: Mapping[str, int]) -> Facet:
    """Every category that has an event."""
    found: dict[str, int] = {}
    for action, count in counts.items():
        slug = category_of(action)
        found[slug] = found.get(slug, 0) + count
    return Facet(
        field="category",
        choices=_ranked(_choice("category", slug, count) for slug, count in found.items()),
    )


def _actions(counts: Mapping[str, int], top: int) -> Facet:
    choices = _ranked(_choice("action", name, count) for name, count in counts.items())
    rest = choices[top:]
    return Facet(
        field="action",
        choices=choices[:top],
        others=len(rest),
        other_count=sum(choice.count for choice in rest),
    )


def _actors(connection: Connection, query: Query, scope: Scope, clock: Clock, top: int) -> Facet:
    """Each by username, or by id where it has none."""
    found = rank_actors(connection, query, scope, clock, top)
    return Facet(
        field="actor",
        choices=tuple(
            _choice("actor", rank.name, rank.count) for rank in found.ranks if rank.name is not None
        ),
        others=found.others,
        other_count=found.other_count,
        missing=found.missing,
    )


def _choice(field: str, value: str, count: int) -> Choice:
    match field:
        case "category":
            return Choice(value=value, label=category_label(value), count=count, category=value)
        case "action":
            label, category = action_label(value), category_of(value)
            return Choice(value=value, label=label, count=count, category=category)
    return Choice(value=value, label=value, count=count)


def _with_chosen(
    connection: Connection, facet: Facet, query: Query, scope: Scope, clock: Clock
) -> Facet:
    """The facet with every value that the query names, in or out, among its choices."""
    field, rest = facet.field, without_field(query, facet.field)
    shown = {fold_case(choice.value) for choice in facet.choices}
    named = chosen(query, field) | chosen(query, field, excluded=True)
    counts = _count_each(connection, field, sorted(named - shown), rest, scope, clock)
    added = [_choice(field, value, count) for value, count in counts.items()]
    from_others = [choice.count for choice in added if choice.count and facet.others]
    return structs.replace(
        facet,
        choices=(*facet.choices, *_ranked(added)),
        others=facet.others - len(from_others),
        other_count=facet.other_count - sum(from_others),
    )


def _count_each(
    connection: Connection, field: str, values: list[str], rest: Query, scope: Scope, clock: Clock
) -> Mapping[str, int]:
    """How many events of the rest have each value: in one pass, for a query may name hundreds."""
    if not values:
        return {}
    atoms = [atom_of(field, value) for value in values]
    asked = [compile_query(query_of((Term(field, (atom,)),)), scope, clock) for atom in atoms]
    any_of_them = query_of((*rest.parts, Term(field, tuple(atoms))))
    statement = select(*(func.count(case((each, 1))) for each in asked))
    counts = connection.execute(statement.where(compile_query(any_of_them, scope, clock))).one()
    return dict(zip(values, counts, strict=True))


def _ranked(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(choices, key=lambda choice: (-choice.count, choice.value)))
