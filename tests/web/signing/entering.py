"""What a browser does at the door, step by step, and what the log says of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from msgspec import structs
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from auditdash.accounts.factors import totp
from auditdash.accounts.factors.recovery import hash_codes, keep_codes, make_codes
from auditdash.events.instants import SECOND, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.installation import Installation
from auditdash.store.schema import events
from auditdash.store.tables.signing import authenticators
from tests.make import NOW
from tests.people import ALICE, PASSWORD

_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')
STEP = 30 * SECOND


def send(client: FlaskClient, page: str, address: str, **fields: str) -> TestResponse:
    """Send a form to `address` as it stands on `page`."""
    found = _FIELD.search(client.get(page).text)
    assert found is not None, page
    return client.post(address, data={"csrf_token": found[1], **fields})


def log_in(client: FlaskClient, **fields: str) -> TestResponse:
    """Alice's name and password, unless others are given."""
    return send(client, "/login", "/login", **{"username": ALICE, "password": PASSWORD} | fields)


def is_in(client: FlaskClient) -> bool:
    """Whether somebody is signed in."""
    return client.get("/account").status_code == 200


def session_of(client: FlaskClient) -> str:
    """The session token that the browser holds."""
    cookie = client.get_cookie("auditdash")
    return cookie.value if cookie else ""


def code_of(secret: str, now: int = NOW) -> str:
    """What the app shows."""
    return pyotp.HOTP(secret).at(now // STEP)


def give_app(app: Flask, person_id: int) -> tuple[str, list[str]]:
    """An authenticator app in use, with recovery codes: the secret, and the codes."""
    found: Installation = app.extensions["auditdash"]
    instance, early = found.settings.instance, Instant(NOW - 20 * STEP)
    codes = make_codes()
    hashed = hash_codes(codes[:2])
    with writing(found.engine) as connection:
        secret = totp.begin_authenticator(connection, instance, person_id, early)
        code = code_of(secret, early)
        assert totp.confirm_authenticator(connection, instance, person_id, code, early)
        keep_codes(connection, person_id, hashed, early)
    return secret, codes[:2]


def forget_last_code(engine: Engine) -> None:
    """As if half a minute had gone by."""
    with writing(engine) as connection:
        connection.execute(authenticators.update().values(last_step=0))


def at(app: Flask, now: int) -> None:
    """Let the clock of the application stand here."""
    found: Installation = app.extensions["auditdash"]
    app.extensions["auditdash"] = structs.replace(found, now=lambda: Instant(now))


def change(app: Flask, **settings: Any) -> None:
    """Let the application have other settings."""
    found: Installation = app.extensions["auditdash"]
    changed = structs.replace(found.settings, **settings)
    app.extensions["auditdash"] = structs.replace(found, settings=changed)


def acts(engine: Engine) -> list[dict[str, Any]]:
    """Our own events but for readings, in their order."""
    with reading(engine) as connection:
        found = connection.execute(select(events.c.record).order_by(events.c.seq)).scalars().all()
    records = [json.loads(each) for each in found]
    return [each for each in records if each["action"] != "audit_log_accessed"]


def told(engine: Engine) -> list[str]:
    """The names of these acts, without what all of them begin with."""
    return [each["action"].removeprefix("auditdash_") for each in acts(engine)]
