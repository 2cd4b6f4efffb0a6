"""Ten questions that find something among the reader's own events, to learn the language by."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.events.folding import fold_words
from auditdash.events.periods import local_date
from auditdash.queries.timeline import find_events
from auditdash.search.edit import include
from auditdash.search.errors import QueryError
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope

MOST: Final = 10
_OURS: Final = "-source:auditdash"
_NOT_LOG: Final = "-category:audit-log"
_LONGEST: Final = 40  # of a value that can be taken in at a glance
_NETWORKS: Final = {4: 16, 6: 48}  # bits of an address that name a site


def find_examples(connection: Connection, scope: Scope, clock: Clock) -> tuple[str, ...]:
    """At most ten texts of queries, each of which finds an event; () while there is none.

    Each is made from the newest event of its kind, so it finds at least that one.
    """

    def newest(text: str) -> Event | None:
        page = find_events(connection, parse(text), scope, clock, None, 1)
        return page.events[0] if page.events else None

    latest = newest(_OURS)
    if latest is None:
        return ()
    access = newest(f"op:grant subject:* {_OURS}") or latest
    export = newest(f"is:export {_OURS}") or latest
    texts = (*_of_access(access), *_of_export(export), *_of_any(access, clock), *_of_rest(latest))
    return tuple(text for text in dict.fromkeys(texts) if _reads(text))[:MOST]


def _of_access(event: Event) -> Iterator[str]:
    if entity := _short(event.entity.name) or _short(event.entity.id):
        yield f"{include('', 'entity', entity)} op:{event.op}"
    if subject := _short(event.subject.name) or _short(event.subject.id):
        yield include("", "subject", subject)
    if role := _short(event.role):
        yield f"{include('', 'role', role)} category:{event.category}"


def _of_export(event: Event) -> Iterator[str]:
    if actor := _short(event.actor.username) or _short(event.actor.id):
        term = include("", "actor", actor)
        yield f"{term} op:{event.op}"
        yield f"{term} OR {include('', 'subject', actor)}"
    if network := _network(event.actor.ip):
        yield f"ip:{network}" if event.category == "audit-log" else f"ip:{network} {_NOT_LOG}"


def _of_any(event: Event, clock: Clock) -> Iterator[str]:
    yield f"created:{local_date(event.occurred_at, clock.zone)} {_OURS}"
    words = fold_words(event.entity.name or "").split()
    if len(words) > 1 and all(_short(word) for word in words[:2]):
        yield f'"{words[0]} {words[1]}"'
    if event.correlation_id and _short(event.correlation_id):
        yield include("", "corr", event.correlation_id)


def _of_rest(event: Event) -> Iterator[str]:
    family = event.action.split("_")[0]
    if family.isascii() and family.isalnum():
        yield f"action:{family} sort:created-asc"
    yield f"category:{event.category}"
    yield "ip:*" if event.actor.ip else "-ip:*"
    for path, value in event.context.items():
        if isinstance(value, str) and _short(value) and _short(path):
            yield include("", f"context.{path}", value)
    yield f"op:{event.op}"
    yield f"op:{event.op},read sort:created-asc"
    yield _OURS


def _reads(text: str) -> bool:
    """Whether it is a query: a stranger's day may lie in a year that the language does not have."""
    try:
        parse(text)
    except QueryError:
        return False
    return True


def _short(text: str | None) -> str:
    """The text, when it may stand in an example."""
    return text if text and len(text) <= _LONGEST and text.isprintable() else ""


def _network(address: str | None) -> str:
    try:
        found = ip_network(address or "")
        return str(found.supernet(new_prefix=_NETWORKS[found.version]))
    except ValueError:
        return ""
