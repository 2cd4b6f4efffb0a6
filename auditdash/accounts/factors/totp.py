"""Authenticator apps: a shared secret, sealed at rest, and six digits for each 30 seconds."""

from __future__ import annotations

import hmac
import io
from pathlib import Path
from typing import Final

import pyotp
import segno
from msgspec import Struct
from sqlalchemy import Connection, delete, func, select, update

from auditdash.events.instants import SECOND, Instant
from auditdash.store.engine import insert_new
from auditdash.store.feeds.sealing import seal, unseal
from auditdash.store.tables.signing import authenticators

ISSUER: Final = "auditdash"
_STEP: Final = 30 * SECOND
_DRIFT: Final = 1  # steps that a telephone's clock may be early or late
_DIGITS: Final = 6


class Authenticator(Struct, frozen=True, kw_only=True):
    """An app that was set up; it counts once its first code was given."""

    created_at: Instant
    confirmed_at: Instant | None


def find_authenticator(connection: Connection, person_id: int) -> Authenticator | None:
    """The person's app, if a code of it was ever given."""
    row = connection.execute(
        select(authenticators.c.created_at, authenticators.c.confirmed_at).where(
            authenticators.c.person_id == person_id, authenticators.c.confirmed_at.is_not(None)
        )
    ).one_or_none()
    return None if row is None else Authenticator(**row._mapping)


def begin_authenticator(
    connection: Connection, instance: Path, person_id: int, now: Instant
) -> str:
    """The secret of an app that is to be set up: the one that waits for its first code, else a new
    one. An app that is in use already is left alone until it is removed."""
    waiting = connection.execute(
        select(authenticators.c.sealed_secret).where(
            authenticators.c.person_id == person_id, authenticators.c.confirmed_at.is_(None)
        )
    ).scalar_one_or_none()
    if waiting is not None:
        return unseal(instance, waiting).decode()
    secret = pyotp.random_base32()  # 160 bits
    connection.execute(
        insert_new(connection, authenticators).values(
            person_id=person_id,
            sealed_secret=seal(instance, secret.encode()),
            created_at=now,
            confirmed_at=None,
            last_step=0,
        )
    )
    return secret


def confirm_authenticator(
    connection: Connection, instance: Path, person_id: int, code: str, now: Instant
) -> bool:
    """Let the app count from now on, if this is a code of it."""
    return _accept(connection, instance, person_id, code, now, waiting=True)


def accept_code(
    connection: Connection, instance: Path, person_id: int, code: str, now: Instant
) -> bool:
    """Whether this is a code of the person's app for now, give or take 30 seconds. No code is good
    twice, nor one that is older than the last: of two who give it at once, one is let in."""
    return _accept(connection, instance, person_id, code, now, waiting=False)


def remove_authenticator(connection: Connection, person_id: int) -> bool:
    """Forget the app; False where there was none."""
    removed = connection.execute(
        delete(authenticators).where(authenticators.c.person_id == person_id)
    )
    return removed.rowcount == 1


def setup_address(secret: str, username: str, installation: str) -> str:
    """The otpauth: address that an app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(
        name=f"{username} ({installation})", issuer_name=ISSUER
    )


def draw_qr(address: str) -> str:
    """The address as a QR code: SVG, with no colours of its own."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        out,
        kind="svg",
        border=4,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        svgclass="qr",
        lineclass="qr-ink",
        nl=False,
    )
    return out.getvalue().decode()


def _accept(
    connection: Connection,
    instance: Path,
    person_id: int,
    code: str,
    now: Instant,
    *,
    waiting: bool,
) -> bool:
    state = authenticators.c.confirmed_at
    mine = (
        authenticators.c.person_id == person_id,
        state.is_(None) if waiting else state.is_not(None),
    )
    sealed = connection.execute(
        select(authenticators.c.sealed_secret).where(*mine)
    ).scalar_one_or_none()
    if sealed is None:
        return False
    step = _step_of(unseal(instance, sealed).decode(), code, now)
    if step is None:
        return False
    used = connection.execute(
        update(authenticators)
        .where(*mine, authenticators.c.last_step < step)
        .values(last_step=step, confirmed_at=func.coalesce(state, now))
    )
    return used.rowcount == 1


def _step_of(secret: str, code: str, now: Instant) -> int | None:
    """The 30 seconds that a code belongs to. All that could be are compared, in the same time."""
    given = "".join(code.split())
    if not (given.isascii() and given.isdigit() and len(given) == _DIGITS):
        return None
    current, found = now // _STEP, None
    app = pyotp.HOTP(secret)
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if hmac.compare_digest(app.at(step), given):
            found = step
    return found
