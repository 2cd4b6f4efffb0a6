"""The only INSERT of an event: numbers the new ones, knows the old ones, keeps the conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from auditdash.events.event import Event
from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new, insert_tuples
from auditdash.store.records import StoredRecord, learn_packer, open_packer, open_records, plain
from auditdash.store.schema import conflicts, events, workspaces

_IDS_AT_ONCE = 1000
_COLUMNS = (
    "workspace_id",
    "seq",
    "source",
    "event_id",
    "occurred_at",
    "received_at",
    "receipt_id",
    "content_hash",
    "record",
)
_Hashes = dict[str, tuple[bytes, int]]  # of one source: id -> content hash, seq


class Prepared(Struct, frozen=True):
    """An event and its record as it came."""

    event: Event
    record: bytes


class Appended(Struct, frozen=True):
    """What became of a batch: `fresh` and the two numbers add up to its length, and `last_seq` is
    the highest now. The seqs of the fresh ones end with it."""

    fresh: Sequence[Prepared]
    known: int
    conflicting: int
    last_seq: int

    @property
    def added(self) -> int:
        """How many were new."""
        return len(self.fresh)

    def events(self, now: Instant) -> list[Event]:
        """The new events, numbered, as they were received `now`."""
        first = self.last_seq - len(self.fresh) + 1
        return [
            replace(each.event, seq=seq, received_at=now)
            for seq, each in enumerate(self.fresh, first)
        ]


def append_events(
    connection: Connection,
    workspace_id: int,
    receipt_id: int,
    batch: Sequence[Prepared],
    now: Instant,
) -> Appended:
    """Store what is new. The same source and id with other content is kept as a conflict.

    Holds the lock of the workspace until the transaction ends, so seq has neither gaps nor twins.
    """
    last_seq = _lock(connection, workspace_id)
    hashes = _known_hashes(connection, workspace_id, batch)
    fresh: list[Prepared] = []
    conflicting: list[tuple[Prepared, int]] = []
    for each in batch:
        of_source = hashes[each.event.source]
        known = of_source.get(each.event.id)
        if known is None:
            fresh.append(each)
            of_source[each.event.id] = (each.event.content_hash, last_seq + len(fresh))
        elif known[0] != each.event.content_hash:
            conflicting.append((each, known[1]))
    if fresh:
        _insert_fresh(connection, workspace_id, receipt_id, fresh, last_seq + 1, now)
    _insert_conflicting(connection, workspace_id, receipt_id, conflicting, now)
    return Appended(
        fresh=fresh,
        known=len(batch) - len(fresh) - len(conflicting),
        conflicting=len(conflicting),
        last_seq=last_seq + len(fresh),
    )


def _lock(connection: Connection, workspace_id: int) -> int:
    locked = (
        update(workspaces)
        .where(workspaces.c.id == workspace_id)
        .values(last_seq=workspaces.c.last_seq)
        .returning(workspaces.c.last_seq)
    )
    return int(connection.execute(locked).scalar_one())


def _known_hashes(
    connection: Connection, workspace_id: int, batch: Iterable[Prepared]
) -> dict[str, _Hashes]:
    ids: dict[str, list[str]] = {}
    for each in batch:
        ids.setdefault(each.event.source, []).append(each.event.id)
    return {
        source: dict(_find_known(connection, workspace_id, source, names))
        for source, names in ids.items()
    }


def _find_known(
    connection: Connection, workspace_id: int, source: str, ids: Sequence[str]
) -> Iterator[tuple[str, tuple[bytes, int]]]:
    for start in range(0, len(ids), _IDS_AT_ONCE):
        rows = connection.execute(
            select(events.c.event_id, events.c.content_hash, events.c.seq).where(
                events.c.workspace_id == workspace_id,
                events.c.source == source,
                events.c.event_id.in_(ids[start : start + _IDS_AT_ONCE]),
            )
        )
        yield from ((row.event_id, (bytes(row.content_hash), row.seq)) for row in rows)


def _insert_fresh(
    connection: Connection,
    workspace_id: int,
    receipt_id: int,
    fresh: Sequence[Prepared],
    first_seq: int,
    now: Instant,
) -> None:
    pack = _packing(connection, workspace_id, fresh, first_seq, now)
    rows = (
        (
            workspace_id,
            seq,
            each.event.source,
            each.event.id,
            each.event.occurred_at,
            now,
            receipt_id,
            each.event.content_hash,
            pack(each.record),
        )
        for seq, each in enumerate(fresh, first_seq)
    )
    insert_tuples(connection, events, _COLUMNS, rows)
    connection.execute(
        update(workspaces)
        .where(workspaces.c.id == workspace_id)
        .values(last_seq=workspaces.c.last_seq + len(fresh))
    )


def _packing(
    connection: Connection,
    workspace_id: int,
    fresh: Sequence[Prepared],
    first_seq: int,
    now: Instant,
) -> Callable[[bytes], StoredRecord]:
    """How the records of this batch go in; the first that are enough teach how to pack."""
    packer = open_packer(connection, workspace_id)
    if packer is None:
        records = [each.record for each in fresh]
        packer = learn_packer(connection, workspace_id, records, first_seq - 1, now)
    return partial(plain, connection) if packer is None else packer.pack


def _insert_conflicting(
    connection: Connection,
    workspace_id: int,
    receipt_id: int,
    conflicting: Sequence[tuple[Prepared, int]],
    now: Instant,
) -> None:
    if not conflicting:
        return
    records = open_records(connection)
    rows = [
        {
            "workspace_id": workspace_id,
            "source": each.event.source,
            "event_id": each.event.id,
            "seq": seq,
            "content_hash": each.event.content_hash,
            "received_at": now,
            "receipt_id": receipt_id,
            "record": records.text(each.record),
        }
        for each, seq in conflicting
    ]
    connection.execute(insert_new(connection, conflicts), rows)
