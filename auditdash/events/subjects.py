"""Whom an event was done to, and with which role: read from a context whose keys are only partly
known. Any value may be missing, null or of another type, so nothing here raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from msgspec import Struct

from auditdash.events.catalogue import SubjectKind, catalogue
from auditdash.events.event import Entity, Subject
from auditdash.events.folding import storable

_NOBODY = Subject()
_LARGEST = 2**64
_LONG = 100


class _Places:
    """Where in a context a value may stand, best first; a dot goes into an object."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._places = [(key, *key.partition(".")[::2]) for key in keys]
        self._outermost = frozenset(name for place in self._places for name in place[:2])

    def first(self, context: Mapping[str, object]) -> str | None:
        """The first that is text or a number."""
        if self._outermost.isdisjoint(context):
            return None
        for key, outer, inner in self._places:
            value = context.get(key)
            if value is None and inner and key not in context:
                around = context.get(outer)
                value = around.get(inner) if isinstance(around, Mapping) else None
            if value is not None and (found := text_of(value)) is not None:
                return found
        return None


class _Reading(Struct, frozen=True):
    """How the subject of one action is found."""

    type: SubjectKind
    names: _Places
    ids: _Places
    entity_types: frozenset[str]
    is_entity: bool


@cache
def _readings() -> dict[str, _Reading]:
    """For each action that is done to somebody."""
    known = catalogue()
    return {
        action.name: _Reading(
            action.subject,
            _Places(known.subjects[action.subject].name_keys),
            _Places(known.subjects[action.subject].id_keys),
            known.subjects[action.subject].entity_types,
            action.subject_is_entity,
        )
        for action in known.actions.values()
        if action.subject is not None
    }


@cache
def _roles() -> _Places:
    return _Places(catalogue().role_keys)


def subject_of(action: str, context: Mapping[str, object], entity: Entity) -> Subject:
    """The member, group, address or channel that an action of the catalogue was done to.

    The context names it; the entity does where its type says that it is such a subject.
    """
    reading = _readings().get(action)
    if reading is None:
        return _NOBODY
    name, identity = reading.names.first(context), reading.ids.first(context)
    if reading.is_entity and (entity.type is None or _is_subject(entity, reading)):
        name, identity = entity.name or name, entity.id or identity
    elif _is_subject(entity, reading):
        name, identity = name or entity.name, identity or entity.id
    if name is None and identity is None:
        return _NOBODY
    return Subject(type=reading.type, id=identity, name=name)


def role_of(context: Mapping[str, object]) -> str | None:
    """The role or access that a context says was given, as it was written."""
    return _roles().first(context)


def _is_subject(entity: Entity, reading: _Reading) -> bool:
    kind = entity.type or ""
    plain = _plain_type(kind) if len(kind) <= _LONG else _plain_type.__wrapped__(kind)
    return plain in reading.entity_types


@lru_cache(maxsize=1024)
def _plain_type(kind: str) -> str:
    return "".join(letter for letter in kind if letter.isalnum()).casefold()


def text_of(value: object) -> str | None:
    """A string or a number as storable text; None for anything else and for blank text."""
    if isinstance(value, str):
        return storable(value) if value.strip() else None
    # A longer whole number would not turn into text (sys.set_int_max_str_digits).
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return str(value)
    return str(value) if isinstance(value, float) else None
