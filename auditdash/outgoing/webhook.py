"""Webhooks as https://www.standardwebhooks.com has them: signed, with an id that stays the same."""

from __future__ import annotations

import base64
import hmac
import secrets
from binascii import Error as NotBase64
from typing import Final

from auditdash.events.errors import BadInput
from auditdash.events.instants import SECOND, Instant
from auditdash.outgoing.guard import parse_place
from auditdash.outgoing.http import Surroundings, check, send

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def make_secret() -> str:
    """A new signing secret, as receivers expect it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def parse_secret(text: str) -> str:
    """A secret that somebody brings along: whsec_ and 24 to 64 bytes in Base64; else BadInput."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (NotBase64, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise BadInput(
            "this is no signing secret", where="secret", expected="whsec_ and 24 to 64 bytes"
        )
    return text


def sign(secret: str, message_id: str, at: Instant, body: bytes) -> dict[str, str]:
    """The three headers of a message: `webhook-id`, `webhook-timestamp`, `webhook-signature`."""
    stamp = str(at // SECOND)
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{signature}",
    }


def post_webhook(
    url: str,
    secret: str,
    around: Surroundings,
    *,
    message_id: str,
    at: Instant,
    body: bytes,
    media_type: str = "application/json",
) -> str:
    """Send a body; what was answered, in words. Raises SendingError, or BadInput by the URL.

    The receiver knows a repeated message by its id.
    """
    place = parse_place(url, around.inside)
    headers = {"Content-Type": media_type, **sign(secret, message_id, at, body)}
    answer = send(place, around, method="POST", headers=headers, body=body)
    check(answer, place.host)
    return f"{place.host} answered {answer.status}"
