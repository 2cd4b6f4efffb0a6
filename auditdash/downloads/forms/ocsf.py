"""An event as OCSF has it (schema.ocsf.io): which class and activity, ocsf.toml tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditdash.downloads.forms.mapping import ocsf
from auditdash.downloads.forms.parts import filled, is_address, milliseconds, own_parts
from auditdash.events.catalogue import action_label
from auditdash.events.event import Event
from auditdash.events.wording import sentence

# What OCSF requires and the feed did not say.
_UNSAID: Final = "Unknown"
_STATUS: Final = {"success": (1, "Success"), "failure": (2, "Failure")}
_PRODUCT: Final = {"name": "auditdash", "vendor_name": "auditdash"}
_SEVERITIES: Final = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}


def ocsf_object(event: Event) -> dict[str, Any]:
    """One event of the class that its action has; of the Base Event where nobody knows it."""
    tables = ocsf()
    name, activity = tables.place_of(event.action)
    shape = tables.shape[name]
    of = tables.classes[shape.of]
    activity_id = of.activity[activity]
    severity = tables.severity.of(event.action, event.outcome)
    status_id, status = _STATUS.get(event.outcome, (0, "Unknown"))
    filled_in = {attribute: _FILLERS[filler](event) for attribute, filler in shape.fill.items()}
    return {
        "class_uid": of.uid,
        "category_uid": of.category_uid,
        "activity_id": activity_id,
        "activity_name": action_label(event.action) if activity == "Other" else activity,
        "type_uid": of.uid * 100 + activity_id,
        "severity_id": severity,
        "severity": _SEVERITIES[severity],
        "status_id": status_id,
        "status": status,
        "time": milliseconds(event.occurred_at),
        "message": sentence(event),
        "metadata": _metadata(event, tables.version),
        "actor": {"user": _actor(event)},
        **filled(src_endpoint=_endpoint(event), http_request=_request(event)),
        **filled(**filled_in),
        "raw_data": event.record,
        "unmapped": own_parts(event),
    }


def _metadata(event: Event, version: str) -> dict[str, Any]:
    return filled(
        version=version,
        product=_PRODUCT,
        uid=event.id,
        sequence=event.seq,
        event_code=event.action,
        log_name=event.source,
        tenant_uid=event.workspace,
        correlation_uid=event.correlation_id,
        original_time=event.occurred_text,
        logged_time=milliseconds(event.received_at),
    )


def _user(name: str | None, identity: str | None) -> dict[str, Any]:
    if not name and not identity:
        return {"name": _UNSAID, "type_id": 0}
    return filled(name=name, uid=identity)


def _actor(event: Event) -> dict[str, Any]:
    return _user(event.actor.username, event.actor.id)


def _subject(event: Event) -> dict[str, Any]:
    subject = event.subject
    user = _user(subject.name, subject.id)
    return {**user, "email_addr": subject.name} if subject.type == "email" else user


def _subject_or_actor(event: Event) -> dict[str, Any]:
    subject = event.subject
    return _subject(event) if subject.name or subject.id else _actor(event)


def _group(name: str | None, identity: str | None) -> dict[str, Any]:
    return filled(name=name, uid=identity) or {"name": _UNSAID}


def _thing(event: Event) -> dict[str, Any]:
    entity = event.entity
    known = filled(name=entity.name, uid=entity.id, type=entity.type)
    return known if entity.name or entity.id else {"name": _UNSAID, **known}


def _privileges(event: Event) -> list[str]:
    return [event.role or _UNSAID]  # the feed never says which one was taken away


def _endpoint(event: Event) -> dict[str, Any]:
    return {"ip": event.actor.ip} if is_address(event.actor.ip) else {}


def _request(event: Event) -> dict[str, Any]:
    return filled(user_agent=event.actor.user_agent)


_FILLERS: Final[Mapping[str, Callable[[Event], Any]]] = {
    "subject_user": _subject,
    "subject_or_actor": _subject_or_actor,
    "subject_group": lambda event: _group(event.subject.name, event.subject.id),
    "entity_group": lambda event: _group(event.entity.name, event.entity.id),
    "entity": _thing,
    "resource": _thing,
    "resources": lambda event: [_thing(event)],
    "web_resources": lambda event: [_thing(event)],
    "privileges": _privileges,
    "service": lambda event: {"name": event.source},
}
