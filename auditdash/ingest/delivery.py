"""A whole stream of records, taken in step by step: each step is stored with its receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO

from msgspec import Struct
from sqlalchemy import Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, now
from auditdash.index import keep_up
from auditdash.ingest.intake import (
    Intake,
    Receipt,
    close_receipt,
    open_receipt,
    read_batch,
    take_events,
    total_of,
)
from auditdash.ingest.parse import Piece, Rejection, iterate_pieces
from auditdash.store.engine import reading, writing
from auditdash.store.receipts import hold_receipt

RECORDS_AT_ONCE = 5_000
BYTES_AT_ONCE = 4 << 20  # others wait while a step is stored: seconds, however odd its records
_Record = Piece | Rejection


class Delivery(Struct, frozen=True, kw_only=True):
    """Where a stream belongs: `channel` is file, upload, api or demo; `name` is for people."""

    workspace_id: int
    source: str
    channel: str
    name: str


class DeliveryBroken(BadInput):
    """The stream cannot be read further; `receipt` counts what came in before."""

    def __init__(self, error: BadInput, receipt: Receipt) -> None:
        super().__init__(error.what, where=error.where, expected=error.expected)
        self.receipt = receipt


class FilledElsewhere(BadInput):
    """Another process fills the same receipt: both at once would count each record twice."""

    def __init__(self) -> None:
        super().__init__("this is being taken in already", expected="one at a time")


def deliver(
    engine: Engine, delivery: Delivery, stream: IO[bytes], *, max_unpacked: int, started_at: Instant
) -> Iterator[Receipt]:
    """Yields the running totals after each stored step; the last one is the receipt.

    Killed and run again, it adds what is missing. Raises DeliveryBroken for the rest of a stream
    that cannot be read.
    """
    return deliver_pieces(engine, delivery, iterate_pieces(stream, max_unpacked), started_at)


def deliver_pieces(
    engine: Engine, delivery: Delivery, pieces: Iterable[_Record], started_at: Instant
) -> Iterator[Receipt]:
    """The same for records that are already apart."""
    with writing(engine) as connection:
        intake = open_receipt(
            connection,
            workspace_id=delivery.workspace_id,
            source=delivery.source,
            channel=delivery.channel,
            name=delivery.name,
            now=started_at,
        )
    yield from continue_delivery(engine, intake, pieces)


def continue_delivery(
    engine: Engine, intake: Intake, pieces: Iterable[_Record]
) -> Iterator[Receipt]:
    """Fill a receipt that is open, and close it.

    What it counts already was stored with the count, so that many records are passed over: a stop
    at any moment changes nothing of what the receipt says in the end. Raises FilledElsewhere when
    somebody else does the same.
    """
    with reading(engine) as connection:
        total = total_of(connection, intake)
    rest = iter(pieces)
    broken = _pass_over(rest, total.received)
    while broken is None:
        batch, broken = _next_batch(rest, RECORDS_AT_ONCE)
        if not batch:
            break
        read = read_batch(intake, batch)
        with writing(engine) as connection:
            if not hold_receipt(connection, intake.receipt_id, total.received):
                raise FilledElsewhere
            taken = take_events(connection, intake, read)
        total = taken.receipt.added_to(total)
        keep_up.add(engine, intake.workspace_id, intake.receipt_id, taken.events)
        yield total
    with writing(engine) as connection:
        close_receipt(connection, intake, now(), broken)
    if broken is not None:
        raise DeliveryBroken(broken, total)
    yield total


def _pass_over(rest: Iterator[_Record], count: int) -> BadInput | None:
    """Leave out the first `count` records, holding none of them; why no more can be read."""
    try:
        for _ in islice(rest, count):
            pass
    except BadInput as error:
        return error
    return None


def _next_batch(rest: Iterator[_Record], count: int) -> tuple[list[_Record], BadInput | None]:
    """At most `count` records, or few huge ones: what could be read, and why no more can be."""
    batch: list[_Record] = []
    size = 0
    try:
        for piece in islice(rest, count):
            batch.append(piece)
            size += len(piece.raw)
            if size >= BYTES_AT_ONCE:
                break
    except BadInput as error:
        return batch, error
    return batch, None
