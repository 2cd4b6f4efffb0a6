"""Lines of the feed to rows of the plain table, as quickly as Python can."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench.rivals.schema import SUBJECT_KEYS

Row = tuple[str | None, ...]
BATCH = 10_000


class _Actor(Struct):
    user_id: str | None = None
    username: str | None = None
    ip: str | None = None
    user_agent: str | None = None


class _Entity(Struct):
    entity_type: str | None = None
    entity_id: str | None = None
    entity_name: str | None = None


class _Event(Struct):
    id: str
    action: str
    timestamp: str
    description: str | None = None
    workspace_username: str | None = None
    context: msgspec.Raw = msgspec.Raw(b"{}")
    actor: _Actor | None = None
    entity: _Entity | None = None


_NOBODY, _NOTHING = _Actor(), _Entity()
_decode = msgspec.json.Decoder(_Event).decode
_context = msgspec.json.Decoder(dict[str, str]).decode


def iterate_lines(path: Path) -> Iterator[list[bytes]]:
    """The lines of a file, BATCH at once."""
    with path.open("rb") as file:
        while lines := list(islice(file, BATCH)):
            yield lines


def bare_row(line: bytes) -> Row:
    """A row without what only a reading of the context tells: the ceiling of any import."""
    event = _decode(line)
    actor, entity = event.actor or _NOBODY, event.entity or _NOTHING
    return (
        event.id,
        event.timestamp,
        event.action,
        event.description,
        event.workspace_username,
        actor.user_id,
        actor.username,
        actor.ip,
        actor.user_agent,
        entity.entity_type,
        entity.entity_id,
        entity.entity_name,
        None,
        None,
        None,
        bytes(event.context).decode(),
    )


def full_row(line: bytes, subjects: frozenset[str]) -> Row:
    """A row with subject, role and correlation id. `subjects`: actions whose entity is also the
    subject."""
    row = bare_row(line)
    context = _context(row[15] or "{}")
    subject = row[11] if row[2] in subjects else None
    for key in SUBJECT_KEYS:
        subject = subject or context.get(key)
    return (*row[:12], subject, context.get("role"), context.get("correlation_id"), row[15])
