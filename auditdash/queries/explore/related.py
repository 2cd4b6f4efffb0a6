"""What belongs with one event: its correlation id, and what happened around it."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.events.instants import MINUTE, Instant, is_instant
from auditdash.events.periods import Period
from auditdash.queries.explore.names import (
    actor_name,
    by_actor,
    entity_name,
    narrowed,
    on_entity,
    value_of,
)
from auditdash.queries.timeline import count_events, cursor_of, find_events
from auditdash.search.period import frozen
from auditdash.search.query import Node, Not, Query, Term
from auditdash.search.scope import Clock, Scope

Kind = Literal["correlation", "actor", "entity", "everyone"]
MINUTES: Final[dict[Kind, int]] = {"actor": 10, "entity": 5, "everyone": 1}
_NEAR: Final = 4  # shown on each side of the event
_NEAR_IN_CHAIN: Final = 25


class Related(Struct, frozen=True, kw_only=True):
    """`count` events, oldest first, which `query` finds at any time; the event is one of them.

    `events` are those next to it, and it. `minutes` is how far the query looks to each side.
    """

    kind: Kind
    query: Query
    count: int
    events: tuple[Event, ...]
    minutes: int | None = None


def find_related(
    connection: Connection, event: Event, scope: Scope, clock: Clock, but_source: str
) -> tuple[Related, ...]:
    """The groups that an event can have; one with no other event in it has the count 1.

    `everyone` leaves out the source `but_source`, unless the event is of it.
    """
    asked = _questions(event, but_source)
    return tuple(_related(connection, kind, query, event, scope, clock) for kind, query in asked)


def _questions(event: Event, but_source: str) -> list[tuple[Kind, Query]]:
    found: list[tuple[Kind, Query]] = []
    if event.correlation_id:
        found.append(("correlation", Query(value_of("corr", event.correlation_id))))
    actor, entity = actor_name(event), entity_name(event)
    if actor:
        found.append(("actor", narrowed(by_actor(actor), _around(event, "actor"))))
    if entity:
        found.append(("entity", narrowed(on_entity(entity), _around(event, "entity"))))
    others: tuple[Node, ...] = (_around(event, "everyone"),)
    if event.source != but_source:
        others = (Not(value_of("source", but_source)), *others)
    return [*found, ("everyone", narrowed(Query(), *others))]


def _around(event: Event, kind: Kind) -> Term:
    """`created:` with instants alone: the same events for every reader, always."""
    far = MINUTES[kind] * MINUTE
    start, end = event.occurred_at - far, event.occurred_at + far + 1
    period = Period(
        Instant(start) if is_instant(start) else event.occurred_at,
        Instant(end) if is_instant(end) else Instant(event.occurred_at + 1),
    )
    return Term("created", (frozen(period),))


def _related(
    connection: Connection, kind: Kind, query: Query, event: Event, scope: Scope, clock: Clock
) -> Related:
    near = _NEAR_IN_CHAIN if kind == "correlation" else _NEAR
    forth = replace(query, order="created-asc")
    first = find_events(connection, forth, scope, clock, limit=2 * near + 1)
    if first.following is None:  # mostly they are few, and one question is enough
        return Related(
            kind=kind,
            query=forth,
            count=len(first.events),
            events=first.events,
            minutes=MINUTES.get(kind),
        )
    later = find_events(connection, forth, scope, clock, cursor_of(event), near).events
    earlier = find_events(connection, query, scope, clock, cursor_of(event), near).events
    return Related(
        kind=kind,
        query=forth,
        count=count_events(connection, query, scope, clock),
        events=(*reversed(earlier), event, *later),
        minutes=MINUTES.get(kind),
    )
