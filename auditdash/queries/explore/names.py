"""The query of one actor, subject or entity: exactly the events that a profile tells of."""

from __future__ import annotations

from msgspec import Struct

from auditdash.events.event import Event
from auditdash.search.edit import atom_of
from auditdash.search.query import Node, Not, Present, Query, Term, query_of


class EntityName(Struct, frozen=True, kw_only=True):
    """What tells one entity from another: its id where it has one, else its name.

    `type` None asks for any type, "" for entities without one. One of `id` and `name` is given.
    """

    type: str | None = None
    id: str | None = None
    name: str | None = None


def actor_name(event: Event) -> str | None:
    """How a query names who did it, None when nobody is named."""
    return event.actor.username or event.actor.id or None


def entity_name(event: Event) -> EntityName | None:
    """How a query names what it was done to, None when nothing is named."""
    entity = event.entity
    if entity.id:
        return EntityName(type=entity.type or "", id=entity.id)
    return EntityName(type=entity.type or "", name=entity.name) if entity.name else None


def by_actor(name: str) -> Query:
    """All that somebody of this username or id did."""
    return query_of((value_of("actor", name),))


def on_subject(name: str) -> Query:
    """All that was done to the member or group of this name or id."""
    return query_of((value_of("subject", name),))


def on_entity(named: EntityName) -> Query:
    """All that was done to one entity."""
    parts: list[Node] = []
    if named.type is not None:
        parts.append(value_of("entity_type", named.type) if named.type else missing("entity_type"))
    if named.id:
        parts.append(value_of("entity_id", named.id))
    else:
        parts.append(value_of("entity", named.name or ""))
    return query_of(tuple(parts))


def narrowed(query: Query, *nodes: Node) -> Query:
    """What was asked, of which this holds too."""
    return query_of((*query.parts, *nodes), query.order)


def value_of(field: str, *values: str) -> Term:
    """`field:value`, with each value quoted where it must be."""
    return Term(field, tuple(atom_of(field, value) for value in values))


def missing(field: str) -> Not:
    """`-field:*`."""
    return Not(Term(field, (Present(),)))
