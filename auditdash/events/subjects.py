"""Whom an event was done to, and with which role: read from a context whose keys are only partly
known. Any value may be missing, null or of another type, so nothing here raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditdash.events.catalogue import SubjectKeys, catalogue, find_action
from auditdash.events.event import Entity, Subject
from auditdash.events.folding import storable

_NOBODY = Subject()
_LARGEST = 2**64


def subject_of(action: str, context: Mapping[str, object], entity: Entity) -> Subject:
    """The member, group, address or channel that an action of the catalogue was done to.

    The context names it; the entity does where its type says that it is such a subject.
    """
    entry = find_action(action)
    if entry is None or entry.subject is None:
        return _NOBODY
    keys = catalogue().subjects[entry.subject]
    name, identity = _first(context, keys.name_keys), _first(context, keys.id_keys)
    if entry.subject_is_entity and (entity.type is None or _is_subject(entity, keys)):
        name, identity = entity.name or name, entity.id or identity
    elif _is_subject(entity, keys):
        name, identity = name or entity.name, identity or entity.id
    if name is None and identity is None:
        return _NOBODY
    return Subject(type=entry.subject, id=identity, name=name)


def role_of(context: Mapping[str, object]) -> str | None:
    """The role or access that a context says was given, as it was written."""
    return _first(context, catalogue().role_keys)


def _is_subject(entity: Entity, keys: SubjectKeys) -> bool:
    kind = "".join(letter for letter in entity.type or "" if letter.isalnum())
    return kind.casefold() in keys.entity_types


def _first(context: Mapping[str, object], keys: Iterable[str]) -> str | None:
    for key in keys:
        found = text_of(_look_up(context, key))
        if found is not None:
            return found
    return None


def _look_up(context: Mapping[str, object], key: str) -> object:
    if key in context or "." not in key:
        return context.get(key)
    outer, inner = key.split(".", maxsplit=1)
    value = context.get(outer)
    return value.get(inner) if isinstance(value, Mapping) else None


def text_of(value: object) -> str | None:
    """A string or a number as storable text; None for anything else and for blank text."""
    if isinstance(value, str):
        return storable(value) if value.strip() else None
    # A longer whole number would not turn into text (sys.set_int_max_str_digits).
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return str(value)
    return str(value) if isinstance(value, float) else None
