"""Events and records by their numbers: each as it was when it came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, select

from auditdash.events.event import Event
from auditdash.events.instants import Instant
from auditdash.records.conceal import without_addresses
from auditdash.records.normalise import normalise
from auditdash.store.engine import fetch_column
from auditdash.store.records import Records, RecordsDamaged, StoredRecord, open_records
from auditdash.store.schema import events

_AT_ONCE = 500
_c = events.c
# Records of a run of seqs are read at once, also those between that nobody asked for.
_WIDEST_GAP: Final = 3
_SHORTEST_RUN: Final = 32
_COLUMNS = (_c.seq, _c.source, _c.received_at, _c.receipt_id, _c.content_hash, _c.record)
# Made once: to make a statement takes longer than to read twenty records.
_RECORDS: Final = (
    select(_c.record).where(_c.workspace_id == bindparam("workspace_id")).order_by(_c.seq)
)
_FROM_TO: Final = _RECORDS.where(_c.seq.between(bindparam("first"), bindparam("last")))
_THESE: Final = _RECORDS.where(_c.seq.in_(bindparam("seqs", expanding=True)))


class Stored(Struct, frozen=True):
    """An event and the receipt it came in with."""

    event: Event
    receipt_id: int


def find_stored(
    connection: Connection, workspace_id: int, slug: str, first_seq: int, last_seq: int
) -> list[Stored]:
    """The events with these numbers, both in, in their order. `slug` is that of the workspace."""
    statement = (
        select(*_COLUMNS)
        .where(_c.workspace_id == workspace_id, _c.seq.between(first_seq, last_seq))
        .order_by(_c.seq)
    )
    records = open_records(connection)
    return [
        Stored(_event_of(row, records, slug), row.receipt_id)
        for row in connection.execute(statement)
    ]


def iterate_numbered(
    connection: Connection,
    workspace_id: int,
    slug: str,
    seqs: Iterable[int],
    *,
    addresses: bool,
) -> Iterator[Event]:
    """The events with these numbers, in this order; a few hundred are held at once. Without
    `addresses` none is in them, nor in their records."""
    records = open_records(connection)
    remaining = iter(seqs)
    while wanted := list(islice(remaining, _AT_ONCE)):
        found = {row.seq: row for row in _rows(connection, workspace_id, wanted)}
        for seq in wanted:
            yield _event_of(found[seq], records, slug, addresses=addresses)


def _rows(
    connection: Connection, workspace_id: int, seqs: Sequence[int]
) -> Iterable[Row[*tuple[Any, ...]]]:
    statement = select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.seq.in_(seqs))
    return connection.execute(statement)


def _event_of(
    row: Row[*tuple[Any, ...]], records: Records, slug: str, *, addresses: bool = True
) -> Event:
    raw = records.raw(row.record)
    event = normalise(raw if addresses else without_addresses(raw), row.source, slug)
    return replace(event, seq=row.seq, received_at=Instant(row.received_at))


def read_stored(
    connection: Connection, workspace_id: int, seqs: NDArray[np.int64]
) -> list[StoredRecord]:
    """The records of the events with these numbers, in this order, as the store keeps them."""
    rising, order = np.unique(seqs, return_inverse=True)
    stored = np.empty(len(rising), object)
    alone: list[int] = []
    edges = np.flatnonzero(np.diff(rising) > _WIDEST_GAP) + 1
    for start, end in zip([0, *edges.tolist()], [*edges.tolist(), len(rising)], strict=True):
        if end - start < _SHORTEST_RUN:
            alone.extend(range(start, end))
        else:
            run = rising[start:end]
            stored[start:end] = _run(connection, workspace_id, run)
    if alone:
        stored[alone] = _each(connection, workspace_id, rising[alone])
    found: list[StoredRecord] = stored[order].tolist()
    return found


def _run(connection: Connection, workspace_id: int, seqs: NDArray[np.int64]) -> NDArray[Any]:
    """Seqs have no gaps, so the place of a record tells its seq."""
    first, last = int(seqs[0]), int(seqs[-1])
    asked = {"workspace_id": workspace_id, "first": first, "last": last}
    found = fetch_column(connection, _FROM_TO, asked)
    if len(found) != last - first + 1:
        raise RecordsDamaged(f"events are missing between the numbers {first} and {last}")
    return _objects(found)[seqs - first]


def _each(connection: Connection, workspace_id: int, seqs: NDArray[np.int64]) -> NDArray[Any]:
    found: list[StoredRecord] = []
    for start in range(0, len(seqs), _AT_ONCE):
        asked = {"workspace_id": workspace_id, "seqs": seqs[start : start + _AT_ONCE].tolist()}
        found += fetch_column(connection, _THESE, asked)
    if len(found) != len(seqs):
        raise RecordsDamaged("events are missing that the index knows")
    return _objects(found)


def _objects(records: Sequence[StoredRecord]) -> NDArray[Any]:
    objects = np.empty(len(records), object)
    objects[:] = records
    return objects
