"""What of an event is searched: the leaves of its context, and the texts that free text looks in.

The one derivation of both: what builds an index and what checks a single event ask here.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditdash.events.event import Event
from auditdash.events.folding import path_below, storable


def leaves(context: object) -> Iterator[tuple[str, str]]:
    """Each value of a context as (path, text), in its order; the same pair may come twice.

    Paths are dotted and bounded; items of a list share the path of the list; null has no leaf.
    """
    return _leaves(context, "")


def texts(event: Event) -> Iterator[str]:
    """The texts of free text: actor, action, entity, subject, description, address, context."""
    actor, entity, subject = event.actor, event.entity, event.subject
    fields = (
        *(actor.username, actor.id, event.action, entity.name, entity.type, entity.id),
        *(subject.name, subject.id, event.description, actor.ip),
    )
    yield from (text for text in fields if text)
    for _, text in leaves(event.context):
        yield text


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, path_below(path, str(key)))
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, path)
    elif value is not None:
        yield path, _leaf_text(value)


def _leaf_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return storable(str(value))
