"""What is derived from an event for search and summaries: its rows in the derived tables."""

from __future__ import annotations

from typing import Any

from auditdash.events.addresses import ip_key
from auditdash.events.event import Event
from auditdash.events.folding import fold_case, join_words
from auditdash.events.leaves import leaves, texts

Row = dict[str, Any]


def fields_row(workspace_id: int, event: Event) -> Row:
    """The row of `event_fields`."""
    return {
        "workspace_id": workspace_id,
        "seq": event.seq,
        "source": event.source,
        "event_id": event.id,
        "occurred_at": event.occurred_at,
        "occurred_text": event.occurred_text,
        "received_at": event.received_at,
        "action": event.action,
        "outcome": event.outcome,
        **_with_key("workspace", event.workspace),
        "description": event.description,
        "correlation_id": event.correlation_id,
        **_with_key("role", event.role),
        **_actor_columns(event),
        **_with_key("entity_type", event.entity.type),
        **_with_key("entity_id", event.entity.id),
        **_with_key("entity_name", event.entity.name),
        "subject_type": event.subject.type,
        **_with_key("subject_id", event.subject.id),
        **_with_key("subject_name", event.subject.name),
        "words": join_words(texts(event)),
    }


def context_rows(workspace_id: int, event: Event) -> list[Row]:
    """The rows of `event_context`: one for each leaf."""
    return [
        {"workspace_id": workspace_id, "seq": event.seq, "path": path, "value_key": fold_case(text)}
        for path, text in sorted(set(leaves(event.context)))
    ]


def _with_key(name: str, text: str | None) -> Row:
    return {name: text, f"{name}_key": fold_case(text) if text is not None else None}


def _actor_columns(event: Event) -> Row:
    actor = event.actor
    return {
        **_with_key("actor_id", actor.id),
        **_with_key("actor_username", actor.username),
        "actor_ip": actor.ip,
        "actor_ip_key": ip_key(actor.ip) if actor.ip else None,
        **_with_key("user_agent", actor.user_agent),
    }
