"""A record as it came, in the form of Mode's feed, to an Event. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, UnsetType

from auditdash.events.catalogue import category_of, op_of
from auditdash.events.errors import BadInput
from auditdash.events.event import Actor, Entity, Event
from auditdash.events.folding import bounded, storable
from auditdash.events.instants import Instant, parse_instant
from auditdash.events.subjects import role_of, subject_of
from auditdash.records.decode import decode_and_hash
from auditdash.records.usual import Usual, read_usual

LONGEST_RECORD = 1 << 20
_LONGEST_NAME = 512
_KEPT, _SMALL = 16_384, 4_096  # actors and entities, from records of so many bytes
# msgspec's names of what JSON has, in words.
_KINDS = {
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
}
_AT_PATH = re.compile(r"(.*) - at `(.*)`")


class _WireActor(Struct, gc=False):
    user_id: str | None = None
    username: str | None = None
    ip: str | None = None
    user_agent: str | None = None


class _WireEntity(Struct, gc=False):
    entity_type: str | None = None
    entity_id: str | None = None
    entity_name: str | None = None


class _Wire(Struct):
    """What is read of a record; fields that are new to us stay in the record."""

    action: str
    timestamp: str
    id: str | None = None
    description: str | None = None
    outcome: str | None = None
    workspace_username: str | None = None
    context: dict[str, Any] | None = None
    actor: _WireActor | None = None
    entity: _WireEntity | None = None


_Text = str | UnsetType | None
_NOBODY, _NOTHING = _WireActor(), _WireEntity()
_OUTCOMES: dict[object, str] = {"success": "success", "failure": "failure"}
_OBJECTS: dict[str, type[Struct] | None] = {
    "actor": _WireActor,
    "entity": _WireEntity,
    "context": None,
}


def normalise(raw: bytes, source: str, default_workspace: str) -> Event:
    """One JSON record to an Event; raises BadInput saying what, where (JSON path), expected."""
    if len(raw) > LONGEST_RECORD:
        raise BadInput(
            f"it has {len(raw):,} bytes", expected=f"a record of at most {LONGEST_RECORD:,} bytes"
        )
    wire, content_hash = read_usual(raw) or _read(raw)
    actor, entity = _parts(wire, len(raw))
    context = wire.context or {}
    action, category, op = _kind_of(wire.action)
    return Event(
        id=_identity(wire.id, content_hash),
        source=source,
        occurred_at=_instant(wire.timestamp),
        occurred_text=wire.timestamp,  # a timestamp has nothing that cannot be stored
        action=action,
        record=raw.decode(),
        content_hash=content_hash,
        category=category,
        op=op,
        outcome=_OUTCOMES.get(wire.outcome, "unknown"),
        workspace=_text(wire.workspace_username) or storable(default_workspace),
        description=_text(wire.description),
        correlation_id=correlation_of(context),
        role=role_of(context),
        actor=actor,
        entity=entity,
        subject=subject_of(wire.action, context, entity),
        context=context,
    )


def _read(raw: bytes) -> tuple[_Wire, bytes]:
    """The long way, which also says what is wrong."""
    record, content_hash = decode_and_hash(raw)
    return _convert(record), content_hash


def _convert(record: dict[str, Any]) -> _Wire:
    try:
        return msgspec.convert(record, _Wire)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return _convert_known(record)  # or says what is wrong


def _convert_known(record: dict[str, Any]) -> _Wire:
    known = _fields_of(_Wire, record)
    for name, kind in _OBJECTS.items():
        value = known.get(name)
        if isinstance(value, str):
            raise BadInput("it is a string", where=f"$.{name}", expected="an object or null")
        if kind is not None and isinstance(value, dict):
            known[name] = _fields_of(kind, value)
    try:
        return msgspec.convert(known, _Wire)
    except msgspec.ValidationError as error:
        found = _AT_PATH.fullmatch(str(error))
        message, path = (found[1], found[2]) if found else (str(error), "$")
        raise _explain(message.replace("`", ""), path) from None


def _fields_of(kind: type[Struct], value: dict[str, Any]) -> dict[str, Any]:
    """What is read of it: msgspec fails on lone surrogates in names that it would pass over."""
    return {name: value[name] for name in kind.__struct_fields__ if name in value}


def _explain(message: str, path: str) -> BadInput:
    """msgspec says `Expected str, got int` or `Object missing required field action`."""
    found = re.fullmatch(r"Expected (.*), got (.*)", message)
    if found:
        wanted = " or ".join(_KINDS.get(each, each) for each in found[1].split(" | "))
        return BadInput(f"it is {_KINDS.get(found[2], found[2])}", where=path, expected=wanted)
    missing = message.removeprefix("Object missing required field ")
    if missing != message:
        return BadInput("it is missing", where=f"{path}.{missing}", expected="a string")
    return BadInput(message, where=path)


def _instant(text: str) -> Instant:
    try:
        return parse_instant(text)
    except BadInput as error:
        raise BadInput(error.what, where="$.timestamp", expected=error.expected) from None


def _identity(text: _Text, content_hash: bytes) -> str:
    if isinstance(text, str) and text:
        return _name(text, "$.id")
    return f"sha256:{content_hash.hex()}"


def _name(text: str, path: str) -> str:
    if not 1 <= len(text) <= _LONGEST_NAME:
        what = f"it has {len(text):,} characters" if text else "it is empty"
        raise BadInput(what, where=path, expected=f"1 to {_LONGEST_NAME} characters")
    return storable(text)


def _text(text: _Text) -> str | None:
    return storable(text) if isinstance(text, str) and text else None


def correlation_of(context: dict[str, Any]) -> str | None:
    """What ties events of one deed together."""
    found = context.get("correlation_id")
    return bounded(storable(found)) if isinstance(found, str) and found else None


def _parts(wire: _Wire | Usual, size: int) -> tuple[Actor, Entity]:
    """Who and what: the same few over and over, so they are made once, unless they are huge."""
    who, what = wire.actor or _NOBODY, wire.entity or _NOTHING
    actor, entity = (_same_actor, _same_entity) if size <= _SMALL else (_actor, _entity)
    return (
        actor(who.user_id, who.username, who.ip, who.user_agent),
        entity(what.entity_type, what.entity_id, what.entity_name),
    )


def _actor(user_id: _Text, username: _Text, ip: _Text, user_agent: _Text) -> Actor:
    return Actor(
        id=_text(user_id), username=_text(username), ip=_text(ip), user_agent=_text(user_agent)
    )


def _entity(kind: _Text, entity_id: _Text, name: _Text) -> Entity:
    return Entity(type=_text(kind), id=_text(entity_id), name=_text(name))


_same_actor = lru_cache(maxsize=_KEPT)(_actor)
_same_entity = lru_cache(maxsize=_KEPT)(_entity)


@lru_cache(maxsize=1024)
def _kind_of(action: str) -> tuple[str, str, str]:
    """Its name, its category and what it does."""
    return _name(action, "$.action"), category_of(action), op_of(action)
