"""The only INSERT of an event: numbers the new ones, knows the old ones, keeps the conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from auditdash.events.event import Event
from auditdash.events.instants import Instant
from auditdash.store import schema
from auditdash.store.engine import insert_many, insert_new
from auditdash.store.fields import Prepared, context_rows
from auditdash.store.records import StoredRecord, learn_packer, open_packer, plain
from auditdash.store.schema import conflicts, events, workspaces

_IDS_AT_ONCE = 1000
_Hashes = dict[tuple[str, str], tuple[bytes, int]]  # (source, id) -> content hash, seq


class Appended(Struct, frozen=True):
    """What became of a batch; the three add up to its length."""

    added: int
    known: int
    conflicting: int


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
    hashes = _known_hashes(connection, workspace_id, [each.event for each in batch])
    fresh: list[Prepared] = []
    conflicting: list[Event] = []
    for each in batch:
        key, content_hash = (each.event.source, each.event.id), each.event.content_hash
        if key not in hashes:
            fresh.append(_number(each, last_seq + len(fresh) + 1, now))
            hashes[key] = (content_hash, last_seq + len(fresh))
        elif hashes[key][0] != content_hash:
            conflicting.append(replace(each.event, seq=hashes[key][1], received_at=now))
    if fresh:
        pack = _packing(connection, workspace_id, fresh, now)
        _insert_fresh(connection, workspace_id, receipt_id, fresh, pack)
    _insert_conflicting(connection, workspace_id, receipt_id, conflicting)
    known = len(batch) - len(fresh) - len(conflicting)
    return Appended(added=len(fresh), known=known, conflicting=len(conflicting))


def _number(each: Prepared, seq: int, now: Instant) -> Prepared:
    numbers = {"seq": seq, "received_at": now}
    return Prepared(replace(each.event, **numbers), {**each.fields, **numbers})


def _lock(connection: Connection, workspace_id: int) -> int:
    locked = (
        update(workspaces)
        .where(workspaces.c.id == workspace_id)
        .values(last_seq=workspaces.c.last_seq)
        .returning(workspaces.c.last_seq)
    )
    return int(connection.execute(locked).scalar_one())


def _known_hashes(connection: Connection, workspace_id: int, batch: Iterable[Event]) -> _Hashes:
    ids: dict[str, list[str]] = {}
    for event in batch:
        ids.setdefault(event.source, []).append(event.id)
    found: _Hashes = {}
    for source, names in ids.items():
        for start in range(0, len(names), _IDS_AT_ONCE):
            rows = connection.execute(
                select(events.c.event_id, events.c.content_hash, events.c.seq).where(
                    events.c.workspace_id == workspace_id,
                    events.c.source == source,
                    events.c.event_id.in_(names[start : start + _IDS_AT_ONCE]),
                )
            )
            found.update({(source, row.event_id): (row.content_hash, row.seq) for row in rows})
    return found


def _insert_fresh(
    connection: Connection,
    workspace_id: int,
    receipt_id: int,
    fresh: Sequence[Prepared],
    pack: Callable[[bytes], StoredRecord],
) -> None:
    rows = (_row(workspace_id, receipt_id, each.event, pack) for each in fresh)
    insert_many(connection, events, rows)
    insert_many(connection, schema.event_fields, (each.fields for each in fresh))
    # One by one: a record may have a hundred thousand values in its context.
    leaves = (row for each in fresh for row in context_rows(workspace_id, each.event))
    insert_many(connection, schema.event_context, leaves)
    connection.execute(
        update(workspaces)
        .where(workspaces.c.id == workspace_id)
        .values(last_seq=workspaces.c.last_seq + len(fresh))
    )


def _packing(
    connection: Connection, workspace_id: int, fresh: Sequence[Prepared], now: Instant
) -> Callable[[bytes], StoredRecord]:
    """How the records of this batch go in; the first that are enough teach how to pack."""
    packer = open_packer(connection, workspace_id)
    if packer is None:
        records = [each.event.record.encode() for each in fresh]
        packer = learn_packer(connection, workspace_id, records, fresh[0].event.seq - 1, now)
    return partial(plain, connection) if packer is None else packer.pack


def _row(
    workspace_id: int, receipt_id: int, event: Event, pack: Callable[[bytes], StoredRecord]
) -> dict[str, object]:
    return {
        "workspace_id": workspace_id,
        "seq": event.seq,
        "source": event.source,
        "event_id": event.id,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "receipt_id": receipt_id,
        "content_hash": event.content_hash,
        "record": pack(event.record.encode()),
    }


def _insert_conflicting(
    connection: Connection, workspace_id: int, receipt_id: int, conflicting: Sequence[Event]
) -> None:
    if not conflicting:
        return
    rows = [
        {
            "workspace_id": workspace_id,
            "source": event.source,
            "event_id": event.id,
            "seq": event.seq,
            "content_hash": event.content_hash,
            "received_at": event.received_at,
            "receipt_id": receipt_id,
            "record": event.record,
        }
        for event in conflicting
    ]
    connection.execute(insert_new(connection, conflicts), rows)
