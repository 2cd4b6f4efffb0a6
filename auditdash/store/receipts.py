"""Receipts: what came in together, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import Connection, bindparam, insert, select, update

from auditdash.events.instants import Instant
from auditdash.store.schema import receipts

COUNTS = ("received", "added", "known", "conflicting", "rejected")


class ReceiptRow(Struct, frozen=True, kw_only=True):
    """received = added + known + conflicting + rejected, at every moment."""

    id: int
    source: str
    channel: str
    name: str
    started_at: Instant
    finished_at: Instant | None
    received: int
    added: int
    known: int
    conflicting: int
    rejected: int
    error: str | None


def _more(name: str) -> str:
    return f"more_{name}"


# Each page adds to a receipt: put together once.
_INCREASE = (
    update(receipts)
    .where(receipts.c.id == bindparam("receipt"))
    .values({name: receipts.c[name] + bindparam(_more(name)) for name in COUNTS})
)
_COLUMNS = tuple(receipts.c[name] for name in ReceiptRow.__struct_fields__)


def insert_receipt(
    connection: Connection, *, workspace_id: int, source: str, channel: str, name: str, now: Instant
) -> int:
    """An open receipt; its id."""
    row = {
        "workspace_id": workspace_id,
        "source": source,
        "channel": channel,
        "name": name,
        "started_at": now,
    }
    return int(connection.execute(insert(receipts).returning(receipts.c.id), row).scalar_one())


def hold_receipt(connection: Connection, receipt_id: int, received: int) -> bool:
    """Keep others from filling it until the transaction ends; False when they have done so since
    it counted `received`."""
    held = connection.execute(
        update(receipts)
        .where(
            receipts.c.id == receipt_id,
            receipts.c.received == received,
            receipts.c.finished_at.is_(None),
        )
        .values(received=receipts.c.received)
    )
    return held.rowcount == 1


def increase_receipt(connection: Connection, receipt_id: int, counts: Mapping[str, int]) -> None:
    """Add to its counts, in the transaction that stores what they count."""
    connection.execute(_INCREASE, {"receipt": receipt_id, **{_more(n): counts[n] for n in COUNTS}})


def finish_receipt(
    connection: Connection, receipt_id: int, now: Instant, error: str | None = None
) -> None:
    """Say that nothing more will come, and why if there was more that could not be read."""
    connection.execute(
        update(receipts).where(receipts.c.id == receipt_id).values(finished_at=now, error=error)
    )


def find_receipt(connection: Connection, workspace_id: int, receipt_id: int) -> ReceiptRow | None:
    """One receipt of this workspace."""
    found = select(*_COLUMNS).where(
        receipts.c.workspace_id == workspace_id, receipts.c.id == receipt_id
    )
    row = connection.execute(found).mappings().first()
    return ReceiptRow(**row) if row else None


def find_open_receipt(
    connection: Connection, *, workspace_id: int, channel: str, name: str | None = None
) -> ReceiptRow | None:
    """The first receipt of a channel that is still open, under this name if one is given."""
    found = select(*_COLUMNS).where(
        receipts.c.workspace_id == workspace_id,
        receipts.c.channel == channel,
        receipts.c.finished_at.is_(None),
    )
    if name is not None:
        found = found.where(receipts.c.name == name)
    row = connection.execute(found.order_by(receipts.c.id).limit(1)).mappings().first()
    return ReceiptRow(**row) if row else None


def list_receipts(
    connection: Connection, workspace_id: int, *, before: int | None = None, limit: int = 50
) -> list[ReceiptRow]:
    """Newest first; `before` is the id of the last one seen."""
    wanted = select(*_COLUMNS).where(receipts.c.workspace_id == workspace_id)
    if before is not None:
        wanted = wanted.where(receipts.c.id < before)
    rows = connection.execute(wanted.order_by(receipts.c.id.desc()).limit(limit)).mappings()
    return [ReceiptRow(**row) for row in rows]


def has_deliveries(connection: Connection, workspace_id: int) -> bool:
    """Whether anything came in from elsewhere: our own record of reading does not count."""
    found = select(receipts.c.id).where(
        receipts.c.workspace_id == workspace_id,
        receipts.c.channel != "self",
        receipts.c.added > 0,
    )
    return connection.execute(found.limit(1)).first() is not None
