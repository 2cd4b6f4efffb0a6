"""POST /api/v1/events: events from programs, with a workspace token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any, Final, cast

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from auditdash.accounts.tokens import INGEST
from auditdash.api.call import Call
from auditdash.api.operations import CSV, JSON, NDJSON, Body, Operation, operation
from auditdash.api.problems import answer_bad_input
from auditdash.api.shapes import ReceiptObject
from auditdash.events.errors import BadInput
from auditdash.ingest.delivery import (
    Delivery,
    DeliveryBroken,
    continue_delivery,
    open_delivery,
    parcels_in,
)
from auditdash.ingest.intake import Receipt
from auditdash.ingest.parse import Parcel, Rejection
from auditdash.ingest.sources import cloudevents
from auditdash.store.installation import Installation

SOURCE = "mode"  # records in the form of Mode's feed, by whichever way they come
_VERSION: Final = "Ce-Specversion"
_MARK: Final = "ce-"

blueprint = Blueprint("api_events", __name__, url_prefix="/api/v1")


@blueprint.post("/events")
@operation(
    Operation(
        name="sendEvents",
        tag="Events",
        summary="Send events",
        says="One event, an array, Mode's answer pages, NDJSON or CSV, plain or gzip; or"
        " CloudEvents 1.0: one, a batch, or in binary mode with `ce-` headers. What is sent twice"
        " is stored once, so after any failure the same may be sent again.",
        scope=INGEST,
        body=Body(
            says="Events in the form of Mode's audit log",
            of=None,
            forms=(JSON, NDJSON, CSV, cloudevents.SINGLE, cloudevents.BATCH),
        ),
        answer=ReceiptObject,
        refusals=(413,),
    )
)
def post_events(call: Call) -> Response:
    """Answers a receipt.

    Sending the same again adds nothing, so after any failure the same batch may be sent again.
    """
    installation, token = call.reader.installation, call.reader.token
    delivery = Delivery(
        workspace_id=token.workspace_id, source=SOURCE, channel="api", name=token.name
    )
    receipt, body = Receipt(id=0), _Body(request.stream)
    try:
        for receipt in _deliver(installation, delivery, body):  # noqa: B007  # the last is the whole
            pass
    except DeliveryBroken as error:
        status = 413 if body.is_too_large else 400
        return answer_bad_input(error, status, receipt=_as_json(error.receipt))
    return jsonify(_as_json(receipt))


def _deliver(installation: Installation, delivery: Delivery, body: _Body) -> Iterator[Receipt]:
    intake = open_delivery(installation.engine, delivery, installation.now())
    parcels = _parcels(body, installation.settings.max_unpacked_bytes)
    yield from continue_delivery(installation.engine, intake, parcels)


def _parcels(body: _Body, max_unpacked: int) -> Iterable[Parcel]:
    """By what the headers say it is; what they do not say is told by its first letters."""
    if _VERSION in request.headers:
        return _binary(body)
    parcels = parcels_in(cast(IO[bytes], body), max_unpacked)
    if request.mimetype in {cloudevents.SINGLE, cloudevents.BATCH}:
        return cloudevents.iterate_records(parcels)
    return parcels


def _binary(body: _Body) -> Iterator[Parcel]:
    attributes = {
        name[len(_MARK) :].lower(): value
        for name, value in request.headers.items()
        if name.lower().startswith(_MARK)
    }
    parts = iter(lambda: body.read(1 << 20), b"")
    yield [cloudevents.read_binary(attributes, b"".join(parts))]


class _Body:
    """The body of the request. Its breaking off is told by the receipt, like any other damage."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.is_too_large = False

    def read(self, size: int) -> bytes:
        """At most `size` bytes; BadInput where no more can come."""
        try:
            return self._stream.read(size)
        except RequestEntityTooLarge:  # only where the length was not told before
            self.is_too_large = True
            raise BadInput("the body is too large", expected="smaller batches") from None
        except ClientDisconnected:
            raise BadInput("the body broke off", expected="all of it; send it again") from None


def _as_json(receipt: Receipt) -> dict[str, Any]:
    return {
        "receipt": receipt.id,
        "received": receipt.received,
        "new": receipt.added,
        "known": receipt.known,
        "conflicting": receipt.conflicting,
        "rejected": receipt.rejected,
        "rejections": [_rejection_json(each) for each in receipt.rejections],
    }


def _rejection_json(rejection: Rejection) -> dict[str, str]:
    return {
        "position": rejection.position,
        "what": rejection.what,
        "where": rejection.where,
        "expected": rejection.expected,
    }
