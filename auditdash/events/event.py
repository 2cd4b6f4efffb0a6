"""The one Event that every room passes on."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from auditdash.events.instants import Instant


class Actor(Struct, frozen=True, kw_only=True):
    """Who did it, in the audited system."""

    id: str | None = None
    username: str | None = None
    ip: str | None = None
    user_agent: str | None = None


class Entity(Struct, frozen=True, kw_only=True):
    """What it was done to."""

    type: str | None = None
    id: str | None = None
    name: str | None = None


class Subject(Struct, frozen=True, kw_only=True):
    """Whom it was done to: `type` is member, group, email or channel."""

    type: str | None = None
    id: str | None = None
    name: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """One thing an actor did in an audited system.

    `seq` and `received_at` are 0 until the store has numbered the event. `occurred_text` is their
    timestamp as it was written; `record` is the JSON text as it came. Every other string is safe to
    store (no NUL, no lone surrogate) but not safe to print: a stranger wrote it.
    """

    id: str
    source: str
    occurred_at: Instant
    occurred_text: str
    action: str
    record: str
    content_hash: bytes
    received_at: Instant = Instant(0)
    seq: int = 0
    category: str = "other"
    op: str = "other"
    outcome: str = "unknown"
    workspace: str = ""
    description: str | None = None
    correlation_id: str | None = None
    role: str | None = None
    actor: Actor = Actor()
    entity: Entity = Entity()
    subject: Subject = Subject()
    context: dict[str, Any] = field(default_factory=dict)
