"""POST /api/v1/events: events from programs, with a workspace token."""

from __future__ import annotations

from typing import IO, Any, cast

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from auditdash.accounts.tokens import INGEST
from auditdash.api import door
from auditdash.api.problems import answer_bad_input
from auditdash.events.errors import BadInput
from auditdash.ingest.delivery import Delivery, DeliveryBroken, deliver
from auditdash.ingest.intake import Receipt
from auditdash.ingest.parse import Rejection
from auditdash.store.installation import Installation

SOURCE = "mode"  # records in the form of Mode's feed, by whichever way they come

blueprint = Blueprint("api_events", __name__, url_prefix="/api/v1")


@blueprint.post("/events")
def post_events() -> Response:
    """One event, an array, Mode's answer pages, NDJSON or CSV, plain or gzip; answers a receipt.

    Sending the same again adds nothing, so after any failure the same batch may be sent again.
    """
    installation: Installation = current_app.extensions["auditdash"]
    token = door.admit(installation, INGEST)
    if isinstance(token, Response):
        return token
    delivery = Delivery(
        workspace_id=token.workspace_id, source=SOURCE, channel="api", name=token.name
    )
    receipt, body = Receipt(id=0), _Body(request.stream)
    try:
        for receipt in deliver(  # noqa: B007  # the last one is the whole
            installation.engine,
            delivery,
            cast(IO[bytes], body),
            max_unpacked=installation.settings.max_unpacked_bytes,
            started_at=installation.now(),
        ):
            pass
    except DeliveryBroken as error:
        status = 413 if body.is_too_large else 400
        return answer_bad_input(error, status, receipt=_as_json(error.receipt))
    return jsonify(_as_json(receipt))


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
