"""Alice, who looks after the workspace acme: an account of hers, her session, her browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy import Engine

from auditdash.accounts.memberships import grant_role
from auditdash.accounts.passwords import hash_password
from auditdash.accounts.people import create_person, find_person
from auditdash.accounts.roles import ADMIN, Role
from auditdash.accounts.sessions import find_session, start_session
from auditdash.events import instants
from auditdash.events.instants import Instant
from auditdash.factory import create_app
from auditdash.settings import Settings
from auditdash.store.engine import writing
from auditdash.store.installation import Installation
from auditdash.store.workspaces import create_workspace, list_workspaces
from tests.make import NOW

ALICE = "alice"
PASSWORD = "heron-lantern-cobalt-7"


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on the database of this test; its clock stands at NOW."""
    app = create_app(settings, now=lambda: NOW)
    app.testing = True  # a defect in a view fails the test instead of answering 500
    yield app
    app.extensions["auditdash"].engine.dispose()


@pytest.fixture
def client(app: Flask, workspace_id: int) -> FlaskClient:
    """A browser in which Alice is signed in and looks at acme; its posts carry the form token."""
    return signed_in(app.test_client(), workspace_id)


def add_alice(engine: Engine, now: Instant = NOW) -> int:
    """Alice's account, made when there is none; her id."""
    with writing(engine) as connection:
        person = find_person(connection, ALICE)
        alice = person.id if person else create_person(connection, ALICE, "Alice", now, _hash())
    add_to_all(engine, alice, now=now)
    return alice


def add_to_all(engine: Engine, person_id: int, role: Role = ADMIN, now: Instant = NOW) -> None:
    """Make a person a member of every real workspace."""
    with writing(engine) as connection:
        for each in list_workspaces(connection):
            if each.kind == "real":
                grant_role(connection, person_id, each.id, role, now)


def signed_in(client: FlaskClient, workspace_id: int | None = None) -> FlaskClient:
    """Sign Alice in to this client: in this workspace, else in the first, else in a new one."""
    found: Installation = client.application.extensions["auditdash"]
    token, csrf_token = open_session(found.engine, workspace_id, found.now())
    client.set_cookie("auditdash", token)
    client.environ_base["HTTP_X_CSRF_TOKEN"] = csrf_token
    return client


def sign_in_browser(page: Page, engine: Engine, address: str, workspace_id: int) -> None:
    """Sign Alice in to a real browser, which looks at the app that is served at `address`."""
    token, _ = open_session(engine, workspace_id, instants.now())
    cookie = {
        "name": "auditdash",
        "value": token,
        "domain": urlsplit(address).hostname,
        "path": "/",
    }
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # playwright's own TypedDict


def open_session(engine: Engine, workspace_id: int | None, now: Instant) -> tuple[str, str]:
    """A session of Alice: its token and its form token. She is an admin of all real workspaces."""
    with writing(engine) as connection:
        if not any(each.kind == "real" for each in list_workspaces(connection)):
            create_workspace(connection, slug="acme", name="Acme", kind="real", zone="UTC", now=now)
    person_id = add_alice(engine, now)
    with writing(engine) as connection:
        chosen = workspace_id or list_workspaces(connection)[0].id
        token = start_session(connection, person_id, now, chosen)
        session = find_session(connection, token, now)
    assert session is not None
    return token, session.csrf_token


@cache
def _hash() -> str:
    return hash_password(PASSWORD)
