"""Events as JSON: the columns of the events file by name, exact, and the record as it came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Raw, json

from auditdash.downloads.columns import COLUMNS, cells_of
from auditdash.events.event import Event


def page_json(events: Iterable[Event], **members: str | int | None) -> bytes:
    """An object with the events and these members."""
    return json.encode({"events": [_object(event) for event in events], **members})


def event_json(event: Event) -> bytes:
    """One event."""
    return json.encode(_object(event))


def _object(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = dict(zip(COLUMNS, cells_of(event), strict=True))
    context = found["context"]
    found["context"] = None if context is None else Raw(context.encode())
    return {**found, "record": Raw(event.record.encode())}
