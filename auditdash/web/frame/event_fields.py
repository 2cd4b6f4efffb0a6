"""All fields of one event for its page, each with the searches that a click on it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from auditdash.events.addresses import ip_key
from auditdash.events.catalogue import action_label, category_label
from auditdash.events.event import Event
from auditdash.events.folding import fold_case, path_below, storable
from auditdash.events.instants import MINUTE, Instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.events.subjects import text_of
from auditdash.events.wording import moment_text, printable
from auditdash.queries.explore.names import EntityName, entity_name
from auditdash.search import edit
from auditdash.search.parse import LONGEST
from auditdash.search.scope import Clock
from auditdash.web.frame.question import link

_MOST_CONTEXT: Final = 40
_AROUND: Final = 15 * MINUTE
ACTORS: Final = "/actors"
ENTITIES: Final = "/entities"
_LONGEST: Final = 512  # of a name in an address; a longer one is known by its key


class FieldView(Struct, frozen=True, kw_only=True):
    """One field of an event; the addresses are "" where the search has no such field.

    `page` is the address of all that is told about the actor or entity that the field names.
    """

    label: str
    value: str
    mono: bool = False
    include: str = ""
    exclude: str = ""
    page: str = ""
    badge: str = ""


def field_groups(
    event: Event, path: str, text: str, clock: Clock, *, outside: bool = False
) -> tuple[tuple[str, tuple[FieldView, ...]], ...]:
    """All fields of an event under their heads; links edit the text. `outside`: the subject is an
    address of none of the workspace's domains."""
    view = _Fields(path, text)
    groups = (
        ("What", _what(event, view)),
        ("Who", _who(event, view)),
        ("To what", _to_what(event, view, "outside" if outside else "")),
        ("Context", _context(event, view)),
        ("When and from where", _record(event, view, clock)),
    )
    return tuple((head, found) for head, fields in groups if (found := _present(fields)))


def actor_href(name: str | None) -> str:
    """The page of the actor or subject of this name or id; "" of none."""
    return f"{ACTORS}?{urlencode({'name': _short(name)})}" if name else ""


def entity_href(named: EntityName | None) -> str:
    """The page of an entity; "" of none."""
    if named is None or not (named.id or named.name):
        return ""
    asked = {"type": named.type, "id": named.id, "name": None if named.id else named.name}
    given = {key: _short(value) for key, value in asked.items() if value is not None}
    return f"{ENTITIES}?{urlencode(given)}"


def _short(name: str) -> str:
    """The name, or its key, which finds the same events and fits into an address."""
    return fold_case(storable(name)) if len(name) > _LONGEST else storable(name)


def around_href(event: Event, path: str, clock: Clock) -> str:
    """The address of all that happened shortly before and after an event."""
    start, end = event.occurred_at - _AROUND, event.occurred_at + _AROUND
    return link(path, edit.within("", Period(Instant(start), Instant(end)), clock.zone))


def record_text(record: str) -> str:
    """A record indented for reading, with nothing in it that could turn or hide other text."""
    try:
        indented = msgspec.json.format(record, indent=2)
    except msgspec.DecodeError:  # half of a surrogate pair: shown as it came
        indented = record
    return "\n".join(printable(line) for line in indented.split("\n"))


class _Fields:
    """Makes the view of one field after the other of the same event."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def __call__(
        self,
        label: str,
        value: str | None,
        field: str = "",
        key: str = "",
        *,
        mono: bool = False,
        page: str = "",
        badge: str = "",
    ) -> FieldView | None:
        if value is None or value == "":
            return None
        if not field:
            return FieldView(label=label, value=value, mono=mono)
        return FieldView(
            label=label,
            value=value,
            mono=mono,
            include=self._link(edit.only(self.text, field, key or value)),
            exclude=self._link(edit.exclude(self.text, field, key or value)),
            page=page,
            badge=badge,
        )

    def _link(self, text: str) -> str:
        return link(self.path, text) if len(text) <= LONGEST else ""


_Found = tuple[FieldView | None, ...]


def _present(fields: _Found) -> tuple[FieldView, ...]:
    return tuple(field for field in fields if field is not None)


def _what(event: Event, view: _Fields) -> _Found:
    return (
        view("Action", action_label(event.action), "action", event.action),
        view("Name", event.action, mono=True),
        view("Category", category_label(event.category), "category", event.category),
        view("Operation", event.op, "op"),
        view("Description", event.description),
        view("Outcome", event.outcome, "outcome"),
    )


def _who(event: Event, view: _Fields) -> _Found:
    actor = event.actor
    return (
        view("Actor", actor.username, "actor", page=actor_href(actor.username)),
        view("Actor id", actor.id, "actor", mono=True, page=actor_href(actor.id)),
        view("Address", actor.ip, "ip" if actor.ip and ip_key(actor.ip) else "", mono=True),
        view("User agent", actor.user_agent, "ua"),
    )


def _to_what(event: Event, view: _Fields, badge: str) -> _Found:
    entity, subject = event.entity, event.subject
    page = entity_href(entity_name(event))
    return (
        view("Entity", entity.name, "entity", page=page),
        view("Entity type", entity.type, "entity_type"),
        view("Entity id", entity.id, "entity_id", mono=True, page=page),
        view("Subject", subject.name, "subject", page=actor_href(subject.name), badge=badge),
        view("Subject type", subject.type),
        view("Subject id", subject.id, "subject", mono=True, page=actor_href(subject.id)),
        view("Role", event.role, "role"),
    )


def _context(event: Event, view: _Fields) -> _Found:
    leaves = islice(_leaves(event.context), _MOST_CONTEXT)
    return tuple(view(path, text, f"context.{path}") for path, text in leaves)


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """As the search has them: dotted paths; items of a list share the path of the list."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, path_below(path, str(key)))
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, path)
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else text_of(value)
        yield path, text or ""


def _record(event: Event, view: _Fields, clock: Clock) -> _Found:
    return (
        view("Happened", moment_text(event.occurred_at, clock.zone)),
        view("In UTC", to_rfc3339(event.occurred_at), mono=True),
        view("As written", event.occurred_text, mono=True),
        view("Received", moment_text(event.received_at, clock.zone)),
        view("Number", f"{event.seq:,}"),
        view("Event id", event.id, mono=True),
        view("Correlation id", event.correlation_id, "corr", mono=True),
        view("Source", event.source, "source"),
        view("Workspace", event.workspace, "workspace"),
    )
