"""The one way in: records to events, quarantine and a receipt, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.folding import fold_case, storable
from auditdash.events.instants import Instant, shorten
from auditdash.ingest.parse import Piece, Rejection
from auditdash.ingest.preparing.prepare import Prepared, Terms, read_pieces
from auditdash.store.append import append_events
from auditdash.store.quarantine import insert_rejections
from auditdash.store.receipts import (
    COUNTS,
    find_receipt,
    finish_receipt,
    increase_receipt,
    insert_receipt,
)
from auditdash.store.workspaces import find_workspace

_KEPT_REJECTIONS = 100
_LONGEST_SOURCE = 64
_OURS = "auditdash"
_OF_THE_DEMO = frozenset({"demo", "self"})


class Intake(Struct, frozen=True, kw_only=True):
    """What the batches of one delivery have in common."""

    workspace_id: int
    workspace: str
    source: str
    receipt_id: int
    now: Instant

    @property
    def terms(self) -> Terms:
        """By which its records are read."""
        return Terms(source=self.source, workspace=self.workspace)


class Receipt(Struct, frozen=True, kw_only=True):
    """received = added + known + conflicting + rejected."""

    id: int
    received: int = 0
    added: int = 0
    known: int = 0
    conflicting: int = 0
    rejected: int = 0
    rejections: tuple[Rejection, ...] = ()

    def counts(self) -> dict[str, int]:
        """The five numbers by name."""
        return {name: getattr(self, name) for name in COUNTS}

    def added_to(self, other: Receipt) -> Receipt:
        """The sum of two; of the rejections the first hundred, all are in the quarantine."""
        return Receipt(
            id=self.id,
            received=self.received + other.received,
            added=self.added + other.added,
            known=self.known + other.known,
            conflicting=self.conflicting + other.conflicting,
            rejected=self.rejected + other.rejected,
            rejections=(*other.rejections, *self.rejections)[:_KEPT_REJECTIONS],
        )


def parse_source(text: str) -> str:
    """The name of a source as a person gives it; BadInput where it is none."""
    plain = text.replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum() and len(text) <= _LONGEST_SOURCE):
        raise BadInput(
            f"{shorten(text)} is no name of a source",
            where="source",
            expected=f"letters, digits, - and _, at most {_LONGEST_SOURCE}",
        )
    return text


def open_receipt(
    connection: Connection,
    *,
    workspace_id: int,
    source: str,
    channel: str,
    name: str,
    now: Instant,
) -> Intake:
    """Begin a delivery; `channel` is file, upload, api, pull, replay, demo or self.

    BadInput where the demo or our own record of reading would mix with what comes from elsewhere.
    """
    _keep_apart(connection, workspace_id, source, channel)
    receipt_id = insert_receipt(
        connection,
        workspace_id=workspace_id,
        source=source,
        channel=channel,
        name=storable(name),
        now=now,
    )
    return reopen(connection, workspace_id, source, receipt_id, now)


def _keep_apart(connection: Connection, workspace_id: int, source: str, channel: str) -> None:
    if fold_case(source) == _OURS and channel != "self":  # searches read it in any case
        raise BadInput(f"the source {_OURS} is our own record of who read what", where="source")
    workspace = find_workspace(connection, workspace_id)
    if workspace is not None and workspace.kind == "demo" and channel not in _OF_THE_DEMO:
        raise BadInput(
            "the demo workspace takes no events of yours", expected="a workspace of your own"
        )


def reopen(
    connection: Connection, workspace_id: int, source: str, receipt_id: int, now: Instant
) -> Intake:
    """Go on with a delivery that has a receipt."""
    workspace = find_workspace(connection, workspace_id)
    if workspace is None:
        raise BadInput(f"there is no workspace {workspace_id}")
    return Intake(
        workspace_id=workspace_id,
        workspace=workspace.slug,
        source=source,
        receipt_id=receipt_id,
        now=now,
    )


def read_batch(intake: Intake, pieces: Iterable[Piece | Rejection]) -> Prepared:
    """Make of each piece what can be made of it without the store: nobody waits for this part."""
    return read_pieces(intake.terms, pieces)[0]


class Taken(Struct, frozen=True):
    """What became of one batch: its receipt counts it alone; `fresh` are the places of the rows
    that are new events, and `first_seq` is the number of the first."""

    receipt: Receipt
    fresh: Sequence[int]
    first_seq: int


def take(connection: Connection, intake: Intake, pieces: Iterable[Piece | Rejection]) -> Receipt:
    """Store one batch and count it on the receipt; the answer counts this batch alone."""
    return take_events(connection, intake, read_batch(intake, pieces)).receipt


def take_events(connection: Connection, intake: Intake, prepared: Prepared) -> Taken:
    """The same for what was read before."""
    appended = append_events(
        connection, intake.workspace_id, intake.receipt_id, prepared.rows, intake.now
    )
    insert_rejections(
        connection,
        intake.workspace_id,
        [_quarantine_row(intake, each) for each in prepared.rejections],
    )
    receipt = Receipt(
        id=intake.receipt_id,
        received=len(prepared),
        added=appended.added,
        known=appended.known,
        conflicting=appended.conflicting,
        rejected=len(prepared.rejections),
        rejections=tuple(prepared.rejections),
    )
    increase_receipt(connection, intake.receipt_id, receipt.counts())
    return Taken(receipt, appended.fresh, appended.first_seq)


def close_receipt(
    connection: Connection, intake: Intake, now: Instant, error: BadInput | None = None
) -> Receipt:
    """End a delivery, with the reason if its rest cannot be read; the answer has its totals."""
    reason = storable(str(error)) if error is not None else None
    finish_receipt(connection, intake.receipt_id, now, reason)
    return total_of(connection, intake)


def total_of(connection: Connection, intake: Intake) -> Receipt:
    """What the receipt counts so far."""
    row = find_receipt(connection, intake.workspace_id, intake.receipt_id)
    if row is None:
        raise BadInput(f"there is no receipt {intake.receipt_id}")
    return Receipt(
        id=row.id,
        received=row.received,
        added=row.added,
        known=row.known,
        conflicting=row.conflicting,
        rejected=row.rejected,
    )


def _quarantine_row(intake: Intake, rejection: Rejection) -> dict[str, object]:
    return {
        "source": intake.source,
        "receipt_id": intake.receipt_id,
        "received_at": intake.now,
        "position": rejection.position,
        "what": storable(rejection.what),
        "place": storable(rejection.where),
        "expected": rejection.expected,
        "record": rejection.raw,
    }
