"""What several forms say of an event, and the words that stand where nobody said anything."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from msgspec import Raw

from auditdash.downloads.columns import context_text
from auditdash.events.event import Event


def filled(**parts: Any) -> dict[str, Any]:
    """The same without what is missing or empty."""
    return {name: value for name, value in parts.items() if value not in (None, "", {}, [])}


def own_parts(event: Event) -> dict[str, Any]:
    """What auditdash makes of an event, and what has no place elsewhere: for `unmapped`."""
    entity, subject = event.entity, event.subject
    context = context_text(event.context)
    return filled(
        seq=event.seq,
        action=event.action,
        category=event.category,
        op=event.op,
        role=event.role,
        workspace=event.workspace,
        source=event.source,
        correlation_id=event.correlation_id,
        entity=filled(type=entity.type, id=entity.id, name=entity.name),
        subject=filled(type=subject.type, id=subject.id, name=subject.name),
        context=None if context is None else Raw(context.encode()),
    )


def is_address(text: str | None) -> bool:
    """Whether it is an IP address, without a zone: a feed may say anything there."""
    try:
        ip_address(text or "")
    except ValueError:
        return False
    return "%" not in (text or "")


def milliseconds(instant: int) -> int:
    """An instant as most others count."""
    return instant // 1000
