"""What can be made of records without the store: nobody waits for this part, and any process may
do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.event import Event
from auditdash.index.batch import Batch, encode
from auditdash.ingest.parse import Parcel, Piece, Rejection, open_parcel, reject
from auditdash.records.normalise import normalise
from auditdash.store.append import Rows
from auditdash.store.records import Packer


class Terms(Struct, frozen=True, kw_only=True):
    """What all records of a delivery are read by."""

    source: str
    workspace: str


class Prepared(Struct, frozen=True):
    """Rows for the store, and the records that are no events."""

    rows: Rows
    rejections: Sequence[Rejection]

    def __len__(self) -> int:
        return len(self.rows) + len(self.rejections)


class Step(Struct, frozen=True):
    """What a delivery stores at once, and the columns of its rows for the index."""

    prepared: Prepared
    columns: Batch


def read_pieces(
    terms: Terms, pieces: Iterable[Piece | Rejection], packer: Packer | None = None
) -> tuple[Prepared, list[Event]]:
    """Each record as a row, packed where there is a packer, and the events that the rows are."""
    events: list[Event] = []
    records: list[bytes] = []
    rejections: list[Rejection] = []
    for piece in pieces:
        if isinstance(piece, Rejection):
            rejections.append(piece)
            continue
        try:
            events.append(normalise(piece.raw, terms.source, terms.workspace))
        except BadInput as error:
            rejections.append(reject(piece.position, piece.raw, error))
        else:
            records.append(piece.raw)
    rows = Rows(
        source=terms.source,
        ids=[event.id for event in events],
        times=[event.occurred_at for event in events],
        hashes=[event.content_hash for event in events],
        records=records if packer is None else list(map(packer.pack, records)),
        packed=packer is not None,
    )
    return Prepared(rows, rejections), events


def prepare(terms: Terms, parcels: Iterable[Parcel], packer: Packer | None = None) -> Step:
    """The records of some parcels."""
    pieces = (piece for parcel in parcels for piece in open_parcel(parcel))
    prepared, events = read_pieces(terms, pieces, packer)
    return Step(prepared, encode(events, [0] * len(events)))
