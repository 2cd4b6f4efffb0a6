"""The forms in which an event can leave, by name: what each is called, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import Struct, json

from auditdash.downloads.forms.cloudevent import cloud_event
from auditdash.downloads.forms.ecs import ecs_object
from auditdash.downloads.forms.ocsf import ocsf_object
from auditdash.downloads.objects import event_json
from auditdash.events.event import Event

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"


class Form(Struct, frozen=True, kw_only=True):
    """`write` makes one JSON object without a line break; `batch` is the type of a list of them."""

    name: str
    label: str
    write: Callable[[Event], bytes]
    batch: str = JSON


def _encoded(make: Callable[[Event], dict[str, Any]]) -> Callable[[Event], bytes]:
    encode = json.Encoder().encode
    return lambda event: encode(make(event))


def _one_line(text: bytes) -> bytes:
    """A record stands in it as it came: its line breaks are between tokens, strings escape them."""
    return text.replace(b"\r", b" ").replace(b"\n", b" ")


FORMS: Final = {
    form.name: form
    for form in (
        Form(
            name="auditdash",
            label="auditdash JSON, as the API has it",
            write=lambda event: _one_line(event_json(event)),
        ),
        Form(
            name="cloudevents",
            label="CloudEvents 1.0",
            write=lambda event: _one_line(json.encode(cloud_event(event))),
            batch="application/cloudevents-batch+json",
        ),
        Form(name="ocsf", label="OCSF 1.8", write=_encoded(ocsf_object)),
        Form(name="ecs", label="Elastic Common Schema (ECS) 9", write=_encoded(ecs_object)),
    )
}


def write_lines(form: Form, events: Iterable[Event]) -> bytes:
    """NDJSON: a line for each."""
    return b"".join(form.write(event) + b"\n" for event in events)


def write_list(form: Form, events: Iterable[Event]) -> bytes:
    """One JSON array."""
    return b"[" + b",".join(map(form.write, events)) + b"]"
