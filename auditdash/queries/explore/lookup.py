"""One event by what somebody has in hand: its id, its number, or a line that has one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import structs
from sqlalchemy import ColumnElement, Connection, LargeBinary, func, literal, select

from auditdash.events.event import Event
from auditdash.events.folding import storable
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.queries.explore.names import narrowed
from auditdash.queries.timeline import count_events, find_event, find_events
from auditdash.search.period import frozen
from auditdash.search.query import Atom, Compare, Query, Term, query_of
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import is_sqlite
from auditdash.store.quarantine import Rejected
from auditdash.store.schema import events, quarantine, receipts

_MOST_TOKENS: Final = 40
_MOST_FOUND: Final = 10
_MOST_REJECTED: Final = 20
_MOST_NEEDLES: Final = 3  # each is looked for in all that waits
_SHORTEST: Final = 4  # of an id that is looked for inside of a record
_MOST_AT_ONCE: Final = 1_000  # events of one microsecond that are told apart
_HIGHEST: Final = 2**62
_TOKEN: Final = re.compile(r"[^\s,;\"'()<>\[\]{}=]+")
_NUMBER: Final = re.compile(r"(?:.*/event/|#|number )?([0-9][0-9,]{0,24})(?:[/?#].*)?", re.I)


def candidates(text: str) -> tuple[str, ...]:
    """What in a text may be an event's id: the whole of it, then its words."""
    whole = storable(text)
    words = [word.rstrip(".:") for word in _TOKEN.findall(whole)[:_MOST_TOKENS]]
    return tuple(dict.fromkeys(word for word in (whole, whole.strip(), *words) if word))


def number_in(text: str) -> int | None:
    """The number that a text is, or that its address of an event ends in."""
    found = _NUMBER.fullmatch(text.strip())
    number = int(found[1].replace(",", "")) if found else 0
    return number if 0 < number <= _HIGHEST else None


def look_up(connection: Connection, scope: Scope, text: str) -> tuple[Event, ...]:
    """The events of the workspace that the text names, frozen view or not, at most ten.

    An id goes before a number.
    """
    workspace_id = scope.workspace_id
    whole = structs.replace(scope, highest_seq=None)
    sources = select(receipts.c.source).where(receipts.c.workspace_id == workspace_id).distinct()
    # Neither ordered nor limited: SQLite would walk all events by their numbers for that.
    wanted = select(events.c.seq).where(
        events.c.workspace_id == workspace_id,
        events.c.source.in_(connection.execute(sources).scalars().all()),
        events.c.event_id.in_(candidates(text)),
    )
    numbers = connection.execute(wanted).scalars().all()
    named = (find_event(connection, whole, each) for each in numbers)
    found = sorted((each for each in named if each is not None), key=lambda each: each.seq)
    number = number_in(text)
    if not found and number is not None:  # also where the id is that of an event out of sight
        numbered = find_event(connection, whole, number)
        return () if numbered is None else (numbered,)
    return tuple(found[:_MOST_FOUND])


def find_rejected_with(connection: Connection, scope: Scope, text: str) -> tuple[Rejected, ...]:
    """Records that wait in quarantine and have the text, or one of its longer words, in them."""
    found: dict[int, Rejected] = {}
    columns = [quarantine.c[name] for name in Rejected.__struct_fields__]
    longest = sorted(candidates(text), key=len, reverse=True)[:_MOST_NEEDLES]
    for word in longest:
        needle = msgspec.json.encode(word)[1:-1]
        if len(needle) < _SHORTEST:
            continue
        waiting = select(*columns).where(
            quarantine.c.workspace_id == scope.workspace_id,
            quarantine.c.replayed_at.is_(None),
            _has_bytes(connection, needle),
        )
        rows = connection.execute(waiting.order_by(quarantine.c.id).limit(_MOST_REJECTED))
        for row in rows.mappings():
            if needle in row["record"]:
                found[row["id"]] = Rejected(**row)
        if found:
            break
    return tuple(found.values())


def _has_bytes(connection: Connection, needle: bytes) -> ColumnElement[bool]:
    """Whether the record may have these bytes: LIKE takes its signs in them for any byte."""
    record = quarantine.c.record
    if is_sqlite(connection):
        return func.instr(record, literal(needle, LargeBinary)) > 0
    pattern = re.sub(rb"[%_\\]", b"_", needle)
    return record.op("LIKE", is_comparison=True)(b"%" + pattern + b"%")


def find_place(
    connection: Connection, query: Query, event: Event, scope: Scope, clock: Clock
) -> int | None:
    """Which row of the result a matching event is, from 1 in the order of the query.

    None where more events share its microsecond than can be told apart.
    """
    at = event.occurred_at
    rising = query.order == "created-asc"
    value = Compare("<" if rising else ">", Atom(to_rfc3339(at)))
    before = count_events(connection, narrowed(query, Term("created", (value,))), scope, clock)
    same = narrowed(query, Term("created", (frozen(Period(at, Instant(at + 1))),)))
    peers = find_events(connection, same, scope, clock, limit=_MOST_AT_ONCE).events
    places = {each.seq: before + number for number, each in enumerate(peers, 1)}
    return places.get(event.seq)


def find_marks(
    connection: Connection, event: Event, asked: Sequence[str], scope: Scope, clock: Clock
) -> frozenset[str]:
    """Which of the marks an event was given when it came: late, first-seen."""
    at = Term("created", (frozen(Period(event.occurred_at, Instant(event.occurred_at + 1))),))
    found = set()
    for mark in asked:
        query = query_of((Term("is", (Atom(mark),)), at))
        page = find_events(connection, query, scope, clock, limit=_MOST_AT_ONCE)
        if any(each.seq == event.seq for each in page.events):
            found.add(mark)
    return frozenset(found)
