"""A whole stream of records, taken in step by step: each step is stored with its receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import IO

from msgspec import Struct
from sqlalchemy import Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, now
from auditdash.index import keep_up
from auditdash.index.batch import number, pick
from auditdash.ingest.intake import (
    Intake,
    Receipt,
    Taken,
    close_receipt,
    open_receipt,
    take_events,
    total_of,
)
from auditdash.ingest.parse import Parcel, iterate_parcels, open_parcel, parcel_size
from auditdash.ingest.preparing.crew import prepare_each
from auditdash.ingest.preparing.prepare import Step
from auditdash.store.engine import reading, writing
from auditdash.store.receipts import hold_receipt
from auditdash.store.records import Packer, open_packer

RECORDS_AT_ONCE = 10_000
BYTES_AT_ONCE = 8 << 20  # others wait while a step is stored: seconds, however odd its records


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
    engine: Engine,
    delivery: Delivery,
    stream: IO[bytes],
    *,
    max_unpacked: int,
    started_at: Instant,
    helpers: int = 0,
) -> Iterator[Receipt]:
    """Yields the running totals after each stored step; the last one is the receipt.

    Killed and run again, it adds what is missing. Raises DeliveryBroken for the rest of a stream
    that cannot be read. So many processes help with a stream of several steps.
    """
    intake = open_delivery(engine, delivery, started_at)
    yield from continue_delivery(engine, intake, parcels_in(stream, max_unpacked), helpers)


def open_delivery(engine: Engine, delivery: Delivery, started_at: Instant) -> Intake:
    """Its receipt, open."""
    with writing(engine) as connection:
        return open_receipt(
            connection,
            workspace_id=delivery.workspace_id,
            source=delivery.source,
            channel=delivery.channel,
            name=delivery.name,
            now=started_at,
        )


def parcels_in(stream: IO[bytes], max_unpacked: int) -> Iterator[Parcel]:
    """The records of a stream as a delivery takes them."""
    return iterate_parcels(stream, max_unpacked, RECORDS_AT_ONCE)


def continue_delivery(
    engine: Engine, intake: Intake, parcels: Iterable[Parcel], helpers: int = 0
) -> Iterator[Receipt]:
    """Fill a receipt that is open, and close it.

    What it counts already was stored with the count, so that many records are passed over: a stop
    at any moment changes nothing of what the receipt says in the end. Raises FilledElsewhere when
    somebody else does the same.
    """
    with reading(engine) as connection:
        total = total_of(connection, intake)
    tasks = _Tasks(parcels, total.received)
    with closing(prepare_each(intake.terms, tasks, helpers, _packer(engine, intake))) as steps:
        for step in steps:
            taken = _store(engine, intake, step, total.received)
            total = taken.receipt.added_to(total)
            yield total
    with writing(engine) as connection:
        close_receipt(connection, intake, now(), tasks.broken)
    if tasks.broken is not None:
        raise DeliveryBroken(tasks.broken, total)
    yield total


def _store(engine: Engine, intake: Intake, step: Step, received: int) -> Taken:
    with writing(engine) as connection:
        if not hold_receipt(connection, intake.receipt_id, received):
            raise FilledElsewhere
        taken = take_events(connection, intake, step.prepared)
    if taken.fresh:
        columns = step.columns
        if len(taken.fresh) < len(columns):
            columns = pick(columns, taken.fresh)
        columns = number(columns, taken.first_seq, intake.now, intake.receipt_id)
        last_hash = step.prepared.rows.hashes[taken.fresh[-1]]
        keep_up.add(engine, intake.workspace_id, columns, last_hash)
    return taken


def _packer(engine: Engine, intake: Intake) -> Callable[[], Packer | None]:
    def find() -> Packer | None:
        with reading(engine) as connection:
            return open_packer(connection, intake.workspace_id)

    return find


class _Tasks:
    """What is left after the first records, a step at a time; `broken` says why no more can be
    read, after the last."""

    def __init__(self, parcels: Iterable[Parcel], passed_over: int) -> None:
        self._parcels = parcels
        self._passed_over = passed_over
        self.broken: BadInput | None = None

    def __iter__(self) -> Iterator[list[Parcel]]:
        held: list[Parcel] = []
        count = size = 0
        try:
            for parcel in _pass_over(self._parcels, self._passed_over):
                held.append(parcel)
                more, larger = parcel_size(parcel)
                count += more
                size += larger
                if count >= RECORDS_AT_ONCE or size >= BYTES_AT_ONCE:
                    yield held
                    held, count, size = [], 0, 0
        except BadInput as error:
            self.broken = error
        if held:
            yield held


def _pass_over(parcels: Iterable[Parcel], count: int) -> Iterator[Parcel]:
    """Leave out the first `count` records."""
    for parcel in parcels:
        if not count:
            yield parcel
            continue
        pieces = open_parcel(parcel)
        if len(pieces) > count:
            yield pieces[count:]
        count = max(count - len(pieces), 0)
