"""All events that were asked for, however many: nothing is held but a few thousand rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sqlalchemy import Connection

from auditdash.events.event import Event
from auditdash.index.batch import CODED, Entry
from auditdash.index.columns import instant_texts, read_columns
from auditdash.index.events import read_stored
from auditdash.index.files.segment import Columns
from auditdash.index.view import View
from auditdash.queries import scan
from auditdash.queries.compile import compile_query
from auditdash.queries.sight.views import open_view
from auditdash.queries.timeline import Cursor, Page, cursor_of, is_rising
from auditdash.records.conceal import without_addresses
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.records import open_records

_READ: Final = 4_000  # records at a time from the database, packed; at first fewer
_READ_FIRST: Final = 200
_ROWS: Final = 500  # at a time unpacked: about as many as the processor keeps at hand
_READ_EVENTS: Final = 100
_LONGEST_PAGE: Final = 8 << 20  # characters of records


class Stretch(Struct, frozen=True, kw_only=True):
    """Consecutive rows of an answer, as columns. `entries` are what codes stand for, the same ones
    in all stretches of an answer; `slug` is that of the workspace. Instants are RFC 3339."""

    slug: str
    entries: Mapping[str, Sequence[Entry]]
    seqs: list[int]
    occurred_at: list[int]
    received_at: list[int]
    occurred: list[bytes]
    received: list[bytes]
    codes: dict[str, list[int]]
    records: list[bytes]


def iterate_stretches(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[Stretch]:
    """The same events in the same order as the timeline shows, from one snapshot."""
    view = open_view(connection, scope)
    first = _READ_FIRST
    for window in _windows(view, query, clock):
        columns = read_columns(view, window, ("time", "received", *CODED))
        for part in _parts(len(window), _READ, first):
            some = {name: column[part] for name, column in columns.items()}
            yield from _stretches(view, window[part], some)
        first = _READ


def _stretches(view: View, seqs: NDArray[np.int64], columns: Columns) -> Iterator[Stretch]:
    entries = {name: view.dictionaries[name].entries for name in CODED}
    occurred, received = (instant_texts(columns[name]) for name in ("time", "received"))
    codes = {name: columns[name].tolist() for name in CODED}
    numbers = seqs.tolist()
    occurred_at, received_at = (columns[name].tolist() for name in ("time", "received"))
    for part, records in _records(view, seqs):
        yield Stretch(
            slug=view.slug,
            entries=entries,
            seqs=numbers[part],
            occurred_at=occurred_at[part],
            received_at=received_at[part],
            occurred=occurred[part],
            received=received[part],
            codes={name: codes[name][part] for name in CODED},
            records=records,
        )


def iterate_records(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[list[bytes]]:
    """Their records, to the byte as they came."""
    view = open_view(connection, scope)
    first = _READ_FIRST
    for window in _windows(view, query, clock):
        for part in _parts(len(window), _READ, first):
            for _, records in _records(view, window[part]):
                yield records
        first = _READ


def iterate_events(
    connection: Connection, query: Query, scope: Scope, clock: Clock
) -> Iterator[Event]:
    """The events themselves, each made of its record: for few, or where that does not matter."""
    view = open_view(connection, scope)
    seqs = (seq for window in _windows(view, query, clock) for seq in window.tolist())
    return view.events(seqs)


def find_page(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    after: Cursor | None,
    limit: int,
) -> Page:
    """As `find_events`, but shorter where the records are long."""
    view = open_view(connection, scope)
    places = scan.find_ordered(
        compile_query(query, view, clock),
        rising=is_rising(query),
        after=None if after is None else (after.occurred_at, after.seq),
        limit=limit + 1,
    )
    events = _first_of(view, [seq for _, seq in places[:limit]])
    more = len(events) < len(places)
    return Page(events=events, following=cursor_of(events[-1]) if more else None)


def find_arrivals(
    connection: Connection, query: Query, scope: Scope, clock: Clock, after: int, limit: int
) -> tuple[tuple[Event, ...], int]:
    """The events that came behind this number, in the order in which they came; and the number up
    to which all were looked at."""
    view = open_view(connection, scope)
    condition = compile_query(query, view, clock)
    found: list[int] = []
    for segment in view.segments:
        if segment.last_seq > after and len(found) <= limit:
            seqs = np.sort(scan.find_in(condition, segment).seqs)
            found += seqs[seqs > after].tolist()
    events = _first_of(view, found[:limit])
    done = len(events) == len(found)
    return events, max(after, view.highest_seq) if done else events[-1].seq


def _first_of(view: View, seqs: Sequence[int]) -> tuple[Event, ...]:
    """These, or as many as make an answer of bearable length."""
    events: list[Event] = []
    size = 0
    for start in range(0, len(seqs), _READ_EVENTS):
        some = seqs[start : start + _READ_EVENTS]
        for event in view.events(some):
            size += len(event.record)
            if events and size > _LONGEST_PAGE:
                return tuple(events)
            events.append(event)
    return tuple(events)


def _records(view: View, seqs: NDArray[np.int64]) -> Iterator[tuple[slice, list[bytes]]]:
    """Read together, unpacked some at a time."""
    stored = read_stored(view.connection, view.workspace_id, seqs)
    unpack = open_records(view.connection).raw_of_all
    for part in _parts(len(stored), _ROWS):
        records = unpack(stored[part])
        yield part, records if view.addresses else [without_addresses(raw) for raw in records]


def _parts(length: int, size: int, first: int = 0) -> Iterator[slice]:
    """Slices of that size; the first one may be shorter."""
    start, end = 0, first or size
    while start < length:
        yield slice(start, end)
        start, end = end, end + size


def _windows(view: View, query: Query, clock: Clock) -> Iterator[NDArray[np.int64]]:
    condition = compile_query(query, view, clock)
    return scan.iterate_ordered(condition, rising=is_rising(query))
