"""What a report must prove about its events: how many of what, from where, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    distinct,
    func,
    or_,
    select,
)

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.queries.compile import compile_query
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import conflicts, event_fields, events, quarantine, receipts

_fields = event_fields.c
_NAMED_CHANNELS = frozenset({"file", "upload", "demo"})


class ActionCount(Struct, frozen=True, kw_only=True):
    """How often an action occurs, by how many actors, and when first and last."""

    action: str
    count: int
    actors: int
    first_at: Instant
    last_at: Instant


class Population(Struct, frozen=True, kw_only=True):
    """All events of a question: their number, actors, first and last instants and numbers."""

    count: int
    actors: int
    first_at: Instant | None
    last_at: Instant | None
    first_seq: int | None
    last_seq: int | None


class Delivery(Struct, frozen=True, kw_only=True):
    """How many of the events came in by one way; `name` is empty where deliveries are many."""

    source: str
    channel: str
    name: str
    deliveries: int
    first_received_at: Instant
    last_received_at: Instant
    count: int


class RejectedRow(Struct, frozen=True, kw_only=True):
    """A record that could not be understood, without the record itself."""

    source: str
    received_at: Instant
    position: str
    what: str
    place: str
    expected: str


class ConflictRow(Struct, frozen=True, kw_only=True):
    """Another content that came under the id of the event `seq`."""

    source: str
    event_id: str
    seq: int
    action: str
    received_at: Instant


def count_by_action(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> dict[str, ActionCount]:
    """Each action that occurs."""
    statement = (
        select(
            _fields.action,
            func.count(),
            func.count(_actor()),
            func.min(_fields.occurred_at),
            func.max(_fields.occurred_at),
        )
        .where(compile_query(query, scope, clock))
        .group_by(_fields.action)
    )
    counts = (ActionCount(**_named(ActionCount, row)) for row in connection.execute(statement))
    return {counted.action: counted for counted in counts}


def find_population(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Population:
    """The control totals of a question."""
    statement = select(
        func.count(),
        func.count(_actor()),
        func.min(_fields.occurred_at),
        func.max(_fields.occurred_at),
        func.min(_fields.seq),
        func.max(_fields.seq),
    ).where(compile_query(query, scope, clock))
    row = connection.execute(statement).one()
    return Population(**_named(Population, row))


def _actor() -> ColumnElement[Any]:
    return distinct(func.coalesce(_fields.actor_username_key, _fields.actor_id_key))


def count_by_delivery(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> list[Delivery]:
    """Where the events came from: files one by one, pulls and API calls, being many, together."""
    statement = (
        select(
            receipts.c.source,
            receipts.c.channel,
            receipts.c.name,
            func.min(events.c.received_at),
            func.max(events.c.received_at),
            func.count(),
        )
        .select_from(event_fields)
        .join(
            events, and_(events.c.workspace_id == _fields.workspace_id, events.c.seq == _fields.seq)
        )
        .join(receipts, receipts.c.id == events.c.receipt_id)
        .where(compile_query(query, scope, clock))
        .group_by(receipts.c.id, receipts.c.source, receipts.c.channel, receipts.c.name)
    )
    found: dict[tuple[str, str, str], Delivery] = {}
    for source, channel, name, first, last, count in connection.execute(statement):
        one = Delivery(
            source=source,
            channel=channel,
            name=name if channel in _NAMED_CHANNELS else "",
            deliveries=1,
            first_received_at=first,
            last_received_at=last,
            count=count,
        )
        key = (one.source, one.channel, one.name)
        found[key] = _together(found[key], one) if key in found else one
    return sorted(found.values(), key=lambda each: (each.first_received_at, each.source, each.name))


def _together(one: Delivery, other: Delivery) -> Delivery:
    return replace(
        one,
        deliveries=one.deliveries + other.deliveries,
        first_received_at=min(one.first_received_at, other.first_received_at),
        last_received_at=max(one.last_received_at, other.last_received_at),
        count=one.count + other.count,
    )


def find_rejected(
    connection: Connection, scope: Scope, period: Period, made_at: Instant, limit: int
) -> tuple[int, list[RejectedRow]]:
    """How many records waited in quarantine at `made_at`, and the first of them.

    Only those received since the period began: an earlier one cannot belong to it.
    """
    waiting = and_(
        quarantine.c.workspace_id == scope.workspace_id,
        quarantine.c.received_at >= period.start,
        quarantine.c.received_at <= made_at,
        or_(quarantine.c.replayed_at.is_(None), quarantine.c.replayed_at > made_at),
    )
    columns = [quarantine.c[name] for name in RejectedRow.__struct_fields__]
    listed = select(*columns).where(waiting).order_by(quarantine.c.id).limit(limit)
    rows = [RejectedRow(**row) for row in connection.execute(listed).mappings()]
    return _count(connection, select(func.count()).where(waiting)), rows


def find_conflicts(
    connection: Connection, query: Query, scope: Scope, clock: Clock, made_at: Instant, limit: int
) -> tuple[int, list[ConflictRow]]:
    """How many other contents came, by `made_at`, for events of the question; the first of them."""
    same = and_(
        conflicts.c.workspace_id == _fields.workspace_id,
        conflicts.c.seq == _fields.seq,
        conflicts.c.received_at <= made_at,
    )
    columns = (
        conflicts.c.source,
        conflicts.c.event_id,
        conflicts.c.seq,
        _fields.action,
        conflicts.c.received_at,
    )
    wanted = (
        select(*columns)
        .select_from(event_fields)
        .join(conflicts, same)
        .where(compile_query(query, scope, clock))
    )
    listed = wanted.order_by(conflicts.c.id).limit(limit)
    rows = [ConflictRow(**_named(ConflictRow, row)) for row in connection.execute(listed)]
    return _count(connection, wanted.with_only_columns(func.count())), rows


def _count(connection: Connection, statement: Select[Any]) -> int:
    return int(connection.execute(statement).scalar_one())


def _named(kind: type[Struct], row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(kind.__struct_fields__, row, strict=True))
