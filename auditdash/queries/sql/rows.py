"""Rows of the store as Events: the columns to select, and the way back."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, Select, and_, select

from auditdash.events.catalogue import category_of, op_of
from auditdash.events.event import Actor, Entity, Event, Subject
from auditdash.events.instants import Instant
from auditdash.store.records import Records
from auditdash.store.schema import event_fields, events

_c = event_fields.c


def select_events() -> Select[Any]:
    """Whole events, to be narrowed by a condition on `event_fields` and ordered."""
    same = and_(events.c.workspace_id == _c.workspace_id, events.c.seq == _c.seq)
    return select(event_fields, events.c.content_hash, events.c.record).join_from(
        event_fields, events, same
    )


def event_of(row: Row[Any], records: Records) -> Event:
    """The event of one row of `select_events`, from the connection of `records`."""
    record = records.text(row.record)
    return Event(
        id=row.event_id,
        source=row.source,
        occurred_at=Instant(row.occurred_at),
        occurred_text=row.occurred_text,
        received_at=Instant(row.received_at),
        seq=row.seq,
        action=row.action,
        category=category_of(row.action),
        op=op_of(row.action),
        outcome=row.outcome,
        workspace=row.workspace,
        description=row.description,
        correlation_id=row.correlation_id,
        role=row.role,
        actor=_actor_of(row),
        entity=Entity(type=row.entity_type, id=row.entity_id, name=row.entity_name),
        subject=Subject(type=row.subject_type, id=row.subject_id, name=row.subject_name),
        context=context_of(record),
        content_hash=bytes(row.content_hash),
        record=record,
    )


def _actor_of(row: Row[Any]) -> Actor:
    return Actor(
        id=row.actor_id,
        username=row.actor_username,
        ip=row.actor_ip,
        user_agent=row.user_agent,
    )


def context_of(record: str) -> dict[str, Any]:
    """The context of a record's JSON text; empty when it has none."""
    context = json.loads(record).get("context")
    return context if isinstance(context, dict) else {}
