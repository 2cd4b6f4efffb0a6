"""The columns of an events file: explicit, in this order, and numbered as a version.

A new column goes to the end and makes a new version; a name is never given to something else.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from auditdash.downloads.cells import Value
from auditdash.events.event import Event
from auditdash.events.folding import storable
from auditdash.events.instants import to_rfc3339

_encode: Final = msgspec.json.Encoder().encode
VERSION: Final = 1
COLUMNS: Final = (
    "seq",
    "occurred_at",
    "received_at",
    "source",
    "id",
    "action",
    "category",
    "op",
    "outcome",
    "actor_username",
    "actor_id",
    "actor_ip",
    "actor_user_agent",
    "subject_type",
    "subject_name",
    "subject_id",
    "role",
    "entity_type",
    "entity_name",
    "entity_id",
    "correlation_id",
    "workspace",
    "description",
    "context",
    "occurred_text",
)


def cells_of(event: Event) -> tuple[Value, ...]:
    """One cell for each of COLUMNS. Instants are UTC; what is missing is empty."""
    actor, subject, entity = event.actor, event.subject, event.entity
    return (
        event.seq,
        to_rfc3339(event.occurred_at),
        to_rfc3339(event.received_at),
        event.source,
        event.id,
        event.action,
        event.category,
        event.op,
        event.outcome,
        actor.username,
        actor.id,
        actor.ip,
        actor.user_agent,
        subject.type,
        subject.name,
        subject.id,
        event.role,
        entity.type,
        entity.name,
        entity.id,
        event.correlation_id,
        event.workspace,
        event.description,
        context_text(event.context),
        event.occurred_text,
    )


def context_text(context: dict[str, Any]) -> str | None:
    """A context as JSON; None where there is nothing in it."""
    if not context:
        return None
    try:
        return _encode(context).decode()
    except UnicodeEncodeError:  # lone surrogates: shown as elsewhere, whole in the NDJSON
        return _encode(_storable(context)).decode()


def _storable(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): _storable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_storable(part) for part in value]
    return value
