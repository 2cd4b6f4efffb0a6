"""What waits for the next request of one browser while somebody signs in or proves themselves.

A step belongs to a random token that only this browser has, is kept on the server, and is taken
once: of two who present it at once, one gets it.
"""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, select

from auditdash.events.instants import MINUTE, Instant
from auditdash.store.tables.signing import sign_in_steps

LIFETIME: Final = 10 * MINUTE


class Kind(StrEnum):
    """What is waited for."""

    SECOND = "second"  # the password was right: now the second factor
    PASSKEY = "passkey"  # a challenge that a passkey is to sign
    NEW_PASSKEY = "new-passkey"  # a challenge for one that is to be added
    PROVIDER = "provider"  # the answer of the single sign-on provider
    LINK = "link"  # that an account there is the person's own


class Step(Struct, frozen=True, kw_only=True):
    """One step: `data` are texts by name, `person_id` is None where nobody is known yet."""

    kind: str
    person_id: int | None
    data: dict[str, str]
    expires_at: Instant


def begin_step(
    connection: Connection,
    kind: Kind,
    now: Instant,
    person_id: int | None = None,
    data: dict[str, str] | None = None,
) -> str:
    """Keep a new step; the token is for this browser only."""
    connection.execute(delete(sign_in_steps).where(sign_in_steps.c.expires_at <= now))
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": _hash(token),
        "kind": kind.value,
        "person_id": person_id,
        "data": msgspec.json.encode(data or {}).decode(),
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    connection.execute(sign_in_steps.insert().values(row))
    return token


def find_step(connection: Connection, token: str, kind: Kind, now: Instant) -> Step | None:
    """The step of a token, left where it is: for the page that shows it."""
    row = connection.execute(
        select(sign_in_steps).where(
            sign_in_steps.c.token_hash == _hash(token),
            sign_in_steps.c.kind == kind.value,
            sign_in_steps.c.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        return None
    return Step(
        kind=row.kind,
        person_id=row.person_id,
        data=msgspec.json.decode(row.data, type=dict[str, str]),
        expires_at=row.expires_at,
    )


def take_step(connection: Connection, token: str, kind: Kind, now: Instant) -> Step | None:
    """The step of a token, which nobody gets again."""
    step = find_step(connection, token, kind, now)
    taken = connection.execute(
        delete(sign_in_steps).where(
            sign_in_steps.c.token_hash == _hash(token), sign_in_steps.c.kind == kind.value
        )
    )
    return step if taken.rowcount == 1 else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
