"""An event as a CloudEvent 1.0: attributes for routers, and as its data the object of the API."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from msgspec import Raw

from auditdash.downloads.forms.parts import filled
from auditdash.downloads.objects import event_json
from auditdash.events.event import Event
from auditdash.events.instants import to_rfc3339

_VERSION: Final = "1.0"


def cloud_event(event: Event) -> dict[str, Any]:
    """`source` and `id` together are unique, `sequence` (an extension of theirs) is the seq."""
    return {
        "specversion": _VERSION,
        "id": event.id,
        # A URI-reference: names of feeds and workspaces are strangers' text.
        "source": f"/auditdash/{quote(event.workspace, safe='')}/{quote(event.source, safe='')}",
        "type": event.action,
        "time": to_rfc3339(event.occurred_at),
        **filled(subject=event.entity.id or event.entity.name),
        "sequence": f"{event.seq:020}",
        "datacontenttype": "application/json",
        "data": Raw(event_json(event)),
    }
