"""CloudEvents 1.0 to records in the form of Mode's feed.

What stands in `data` is the record; what it lacks is told by the attributes: `type` is the action,
`time` the timestamp, `source` and `id` together the id, as they are unique together, and `subject`
the entity. The attributes themselves stay in the record, under `cloudevent`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.ingest.parse import Parcel, Piece, Rejection, open_parcel, reject
from auditdash.records.decode import decode

SINGLE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
_VERSION: Final = "1.0"
_REQUIRED: Final = ("id", "source", "type")
_DATA: Final = ("data", "data_base64")


def iterate_records(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
    """Structured events, however many to a parcel, as records; what is none is rejected."""
    for parcel in parcels:
        yield [
            each if isinstance(each, Rejection) else _read_piece(each)
            for each in open_parcel(parcel)
        ]


def read_binary(attributes: Mapping[str, str], body: bytes) -> Piece | Rejection:
    """An event whose attributes came as headers, without `ce-`, and its data as the body."""
    try:
        found: dict[str, Any] = {**attributes}
        if body.strip():
            found["data"] = decode(body)
        return Piece("the event", _record_of(found))
    except BadInput as error:
        return reject("the event", body, error)


def _read_piece(piece: Piece) -> Piece | Rejection:
    try:
        return Piece(piece.position, _record_of(decode(piece.raw)))
    except BadInput as error:
        return reject(piece.position, piece.raw, error)


def _record_of(event: Mapping[str, Any]) -> bytes:
    if event.get("specversion") != _VERSION:
        raise BadInput("it is no CloudEvent 1.0", where="$.specversion", expected=f'"{_VERSION}"')
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise BadInput("it is missing", where=f"$.{name}", expected="a string, not empty")
    attributes = {name: value for name, value in event.items() if name not in _DATA}
    record = {**_data_of(event)}
    record.setdefault("id", f"{event['source']}#{event['id']}")
    record.setdefault("action", event["type"])
    if "timestamp" not in record and "time" in event:
        record["timestamp"] = event["time"]
    if "entity" not in record and event.get("subject"):
        record["entity"] = {"entity_type": None, "entity_id": event["subject"]}
    record["cloudevent"] = attributes
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        raise BadInput("it has text that is no Unicode", expected="no lone surrogates") from None


def _data_of(event: Mapping[str, Any]) -> dict[str, Any]:
    data = event.get("data")
    if "data_base64" in event:
        if data is not None:
            raise BadInput("it has data twice", where="$.data_base64", expected="one of them")
        data = decode(_unpack(event["data_base64"]))
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise BadInput("its data is no record", where="$.data", expected="a JSON object")
    if "cloudevent" in data:
        raise BadInput("its data has this key", where="$.data.cloudevent", expected="another name")
    return data


def _unpack(text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "!", validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(
            f"{shorten(str(text))} is no base64", where="$.data_base64", expected="base64"
        ) from None
