"""An event as the Elastic Common Schema has it: categories and types are told by ecs.toml."""

from __future__ import annotations

from typing import Any

from auditdash.downloads.forms.mapping import ecs
from auditdash.downloads.forms.parts import filled, is_address, own_parts
from auditdash.events.event import Event
from auditdash.events.instants import to_rfc3339
from auditdash.events.wording import sentence


def ecs_object(event: Event) -> dict[str, Any]:
    """One document; `user` did it, `user.target` is whom it was done to, `group` which group."""
    return {
        "@timestamp": to_rfc3339(event.occurred_at),
        "ecs": {"version": ecs().version},
        "message": sentence(event),
        "event": _event(event),
        **filled(
            user=_user(event),
            group=_group(event),
            source=_source(event),
            user_agent=filled(original=event.actor.user_agent),
            organization=filled(name=event.workspace),
            related=_related(event),
        ),
        "auditdash": own_parts(event),
    }


def _event(event: Event) -> dict[str, Any]:
    place = ecs().place_of(event.action)
    return filled(
        kind="event",
        category=list(place.category),
        type=list(place.type),
        action=event.action,
        outcome=event.outcome,
        id=event.id,
        sequence=event.seq,
        severity=ecs().severity.of(event.action, event.outcome),
        created=to_rfc3339(event.received_at),
        provider=event.source,
        module="auditdash",
        dataset="auditdash.audit",
        original=event.record,
    )


def _user(event: Event) -> dict[str, Any]:
    actor, subject = event.actor, event.subject
    target: dict[str, Any] = {}
    if subject.type in {"member", "email"}:
        email = subject.name if subject.type == "email" else None
        target = filled(name=subject.name, id=subject.id, email=email)
    return filled(name=actor.username, id=actor.id, target=target)


def _group(event: Event) -> dict[str, Any]:
    """The group that it was done to, or in which a member was put."""
    if event.subject.type == "group":
        return filled(name=event.subject.name, id=event.subject.id)
    if event.category == "user-groups":
        return filled(name=event.entity.name, id=event.entity.id)
    return {}


def _source(event: Event) -> dict[str, Any]:
    """What is no address still stands where people look; Elasticsearch refuses it as source.ip."""
    address = event.actor.ip
    return filled(address=address, ip=address if is_address(address) else None)


def _related(event: Event) -> dict[str, Any]:
    actor, subject = event.actor, event.subject
    named = [actor.username, actor.id]
    if subject.type in {"member", "email"}:
        named += [subject.name, subject.id]
    users = list(dict.fromkeys(each for each in named if each))
    return filled(user=users, ip=[actor.ip] if is_address(actor.ip) else [])
