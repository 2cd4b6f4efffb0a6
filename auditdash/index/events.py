"""Events by their numbers: each read from its record, as it was when it came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Row, select

from auditdash.events.event import Event
from auditdash.events.instants import Instant
from auditdash.records.normalise import normalise
from auditdash.store.records import Records, open_records
from auditdash.store.schema import events

_AT_ONCE = 500
_c = events.c
_COLUMNS = (_c.seq, _c.source, _c.received_at, _c.receipt_id, _c.content_hash, _c.record)


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
    connection: Connection, workspace_id: int, slug: str, seqs: Iterable[int]
) -> Iterator[Event]:
    """The events with these numbers, in this order; a few hundred are held at once."""
    records = open_records(connection)
    remaining = iter(seqs)
    while wanted := list(islice(remaining, _AT_ONCE)):
        found = {row.seq: row for row in _rows(connection, workspace_id, wanted)}
        for seq in wanted:
            yield _event_of(found[seq], records, slug)


def _rows(
    connection: Connection, workspace_id: int, seqs: Sequence[int]
) -> Iterable[Row[*tuple[Any, ...]]]:
    statement = select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.seq.in_(seqs))
    return connection.execute(statement)


def _event_of(row: Row[*tuple[Any, ...]], records: Records, slug: str) -> Event:
    event = normalise(records.raw(row.record), row.source, slug)
    return replace(event, seq=row.seq, received_at=Instant(row.received_at))
