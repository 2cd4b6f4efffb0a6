"""The only INSERT of an event: numbers the new ones, knows the old ones, keeps the conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import count, repeat

from msgspec import Struct
from sqlalchemy import Connection, update

from auditdash.events.instants import Instant
from auditdash.store.engine import find_tuples, insert_new, insert_tuples
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
_Known = dict[str, tuple[bytes, int]]  # id -> content hash, seq


class Rows(Struct, frozen=True, kw_only=True):
    """Events of one source by columns; `records` as they came, or as a `Packer` packed them all."""

    source: str
    ids: Sequence[str]
    times: Sequence[int]
    hashes: Sequence[bytes]
    records: Sequence[bytes]
    packed: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    def pick(self, places: Sequence[int]) -> Rows:
        """Some of them."""
        return Rows(
            source=self.source,
            ids=[self.ids[place] for place in places],
            times=[self.times[place] for place in places],
            hashes=[self.hashes[place] for place in places],
            records=[self.records[place] for place in places],
            packed=self.packed,
        )


class Appended(Struct, frozen=True):
    """What became of a batch: `fresh` are the places of the new rows, whose seqs end with
    `last_seq`, the highest now; all numbers together are the length of the batch."""

    fresh: Sequence[int]
    known: int
    conflicting: int
    last_seq: int

    @property
    def added(self) -> int:
        """How many were new."""
        return len(self.fresh)

    @property
    def first_seq(self) -> int:
        """Of the new ones."""
        return self.last_seq - len(self.fresh) + 1


def append_events(
    connection: Connection, workspace_id: int, receipt_id: int, rows: Rows, now: Instant
) -> Appended:
    """Store what is new. The same source and id with other content is kept as a conflict.

    Holds the lock of the workspace until the transaction ends, so seq has neither gaps nor twins.
    """
    last_seq = _lock(connection, workspace_id)
    known = dict(_find_known(connection, workspace_id, rows))
    fresh, conflicting = _sort_out(rows, known, last_seq)
    if fresh:
        new = rows if len(fresh) == len(rows) else rows.pick(fresh)
        _insert_fresh(connection, workspace_id, receipt_id, new, last_seq + 1, now)
    _insert_conflicting(connection, workspace_id, receipt_id, rows, conflicting, now)
    return Appended(
        fresh=fresh,
        known=len(rows) - len(fresh) - len(conflicting),
        conflicting=len(conflicting),
        last_seq=last_seq + len(fresh),
    )


def _sort_out(
    rows: Rows, known: _Known, last_seq: int
) -> tuple[Sequence[int], list[tuple[int, int]]]:
    """The places of the new rows, and of those in conflict, with the seq of what came before."""
    if not known and len(set(rows.ids)) == len(rows):
        return range(len(rows)), []
    fresh: list[int] = []
    conflicting: list[tuple[int, int]] = []
    for place, (event_id, content_hash) in enumerate(zip(rows.ids, rows.hashes, strict=True)):
        found = known.get(event_id)
        if found is None:
            fresh.append(place)
            known[event_id] = (content_hash, last_seq + len(fresh))
        elif found[0] != content_hash:
            conflicting.append((place, found[1]))
    return fresh, conflicting


def _lock(connection: Connection, workspace_id: int) -> int:
    locked = (
        update(workspaces)
        .where(workspaces.c.id == workspace_id)
        .values(last_seq=workspaces.c.last_seq)
        .returning(workspaces.c.last_seq)
    )
    return int(connection.execute(locked).scalar_one())


def _find_known(
    connection: Connection, workspace_id: int, rows: Rows
) -> Iterator[tuple[str, tuple[bytes, int]]]:
    mine = {"workspace_id": workspace_id, "source": rows.source}
    for start in range(0, len(rows), _IDS_AT_ONCE):
        ids = rows.ids[start : start + _IDS_AT_ONCE]
        for event_id, content_hash, seq in find_tuples(
            connection, events, ("event_id", "content_hash", "seq"), mine, "event_id", ids
        ):
            yield event_id, (bytes(content_hash), seq)


def _insert_fresh(
    connection: Connection,
    workspace_id: int,
    receipt_id: int,
    fresh: Rows,
    first_seq: int,
    now: Instant,
) -> None:
    values = zip(
        repeat(workspace_id),
        count(first_seq),
        repeat(fresh.source),
        fresh.ids,
        fresh.times,
        repeat(now),
        repeat(receipt_id),
        fresh.hashes,
        _stored(connection, workspace_id, fresh, first_seq, now),
    )
    insert_tuples(connection, events, _COLUMNS, values)
    connection.execute(
        update(workspaces)
        .where(workspaces.c.id == workspace_id)
        .values(last_seq=workspaces.c.last_seq + len(fresh))
    )


def _stored(
    connection: Connection, workspace_id: int, fresh: Rows, first_seq: int, now: Instant
) -> Iterable[StoredRecord]:
    """The records as they go in; the first that are enough teach how to pack."""
    if fresh.packed:
        return fresh.records
    packer = open_packer(connection, workspace_id)
    if packer is None:
        packer = learn_packer(connection, workspace_id, fresh.records, first_seq - 1, now)
    return map(partial(plain, connection) if packer is None else packer.pack, fresh.records)


def _insert_conflicting(
    connection: Connection,
    workspace_id: int,
    receipt_id: int,
    rows: Rows,
    conflicting: Sequence[tuple[int, int]],
    now: Instant,
) -> None:
    if not conflicting:
        return
    records = open_records(connection)
    values = [
        {
            "workspace_id": workspace_id,
            "source": rows.source,
            "event_id": rows.ids[place],
            "seq": seq,
            "content_hash": rows.hashes[place],
            "received_at": now,
            "receipt_id": receipt_id,
            "record": records.text(rows.records[place]),
        }
        for place, seq in conflicting
    ]
    connection.execute(insert_new(connection, conflicts), values)
