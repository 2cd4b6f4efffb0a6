"""One of everything that has an id, and somebody of another workspace who tries each address."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, select
from werkzeug.routing import AnyConverter, Rule

from auditdash.accounts.memberships import grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import ADMIN
from auditdash.accounts.sessions import find_session, list_sessions, start_session
from auditdash.accounts.sso.identities import link_identity
from auditdash.accounts.tokens import INGEST, READ, create_token
from auditdash.downloads.kept.asked import Eyes, KeptAsked, encode_asked
from auditdash.downloads.kept.run import make_next
from auditdash.downloads.orders.all import encode_order
from auditdash.downloads.orders.events import EventsOrder
from auditdash.ingest.baselines.lines import COLUMNS
from auditdash.settings import Sending, Settings
from auditdash.store.downloads.runs import NewDownload, insert_download
from auditdash.store.engine import reading, writing
from auditdash.store.schema import metadata
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, store
from tests.people import add_alice
from tests.reports.papers import ask
from tests.reports.schedules import add_schedule, make_plan
from tests.web.signing.test_second import give_passkey

pytestmark = ON_SQLITE
_NO_IDS: Final = {"form", "which", "name", "deed", "filename", "workspace", "token"}
# The first of each kind; what needs another one stands below.
_FIRST: Final = {
    "delivery_id",
    "destination_id",
    "identity_id",
    "number",
    "passkey_id",
    "person_id",
    "receipt_id",
    "rejected_id",
    "report_id",
    "run_id",
    "schedule_id",
    "search_id",
    "stream_id",
    "token_id",
}
_SEQ: Final = 120  # so many that a stranger's own visits never come so far
_NOT_MADE: Final = {"reports.download", "api_reports.get_report_file"}  # to print one takes seconds
_BEGIN = {"factors.app_page"}  # shows the key of an app, which counts from its first code on
# What a reader's visit itself changes.
_VISITS: Final = {"events", "receipts", "workspaces", "record_dictionaries", "known_browsers"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    sending = Sending(smtp_host="mail.acme.com", mail_from="a@acme.com", inside=frozenset({"s3"}))
    return replace(settings, sending=sending)


@pytest.fixture
def handle(client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int) -> str:
    """One of everything is Alice's or her workspace's; the handle of a session of hers."""
    _fill_by_forms(client, engine, workspace_id)
    alice = add_alice(engine)
    give_passkey(engine, alice)
    ask(engine, workspace_id)
    with writing(engine) as connection:
        store(connection, workspace_id, *(make_record(id=f"e{n}") for n in range(_SEQ + 1)))
        link_identity(connection, alice, "https://idp.example", "a", "alice", NOW)
        add_schedule(connection, workspace_id, make_plan(), NOW)
        insert_download(connection, _download(workspace_id, alice))
    assert make_next(engine, settings, lambda: NOW)
    _begin_review(client, engine, workspace_id)
    with reading(engine) as connection:
        return list_sessions(connection, alice, NOW)[0].handle


def _fill_by_forms(client: FlaskClient, engine: Engine, workspace_id: int) -> None:
    baseline = (",".join(COLUMNS) + "\nmember,Mira,u3,connection,Payroll,c1,manage\n").encode()
    forms: dict[str, dict[str, Any]] = {
        "/reports/destinations": {"kind": "mail", "name": "Officers", "addresses": "a@acme.com"},
        "/reports/destinations/1/test": {},
        "/saved": {"name": "Ours", "q": "op:grant", "shared": "1"},
        "/settings/tokens": {"token_name": "loader", "may_read": "1", "lifetime": "90"},
        "/settings/streams": {
            "kind": "syslog",
            "name": "Logs",
            "q": "",
            "form": "ecs",
            "start": "now",
            "host": "logs.example",
            "port": "6514",
            "facility": "local0",
            "severity": "",
            "enterprise": "32473",
            "text": "ascii",
        },
        "/access/baselines": {
            "file": (io.BytesIO(baseline), "march.csv"),
            "at": "2026-03-10",
            "act": "import",
        },
    }
    for path, form in forms.items():
        answer = client.post(path, data=form)
        assert answer.status_code in {200, 303}, (path, answer.text)
    with writing(engine) as connection:
        token = create_token(connection, workspace_id, "feed", None, NOW, (INGEST,))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    assert client.post("/api/v1/events", data=b"{secret\n", headers=headers).status_code == 200


def _begin_review(client: FlaskClient, engine: Engine, workspace_id: int) -> None:
    granted = make_record(
        id="granted",
        action="connection_member_added_with_role",
        timestamp="2026-03-01T09:00:00Z",
        context={"member_id": "u3", "member_name": "Mira", "role": "manage"},
        entity__entity_type="connection",
        entity__entity_id="c1",
    )
    with writing(engine) as connection:
        store(connection, workspace_id, granted)
    form = {"name": "Q4", "q": "", "due": "2026-12-01", "rule": "turn", "act": "begin"}
    begun = client.post("/access/reviews", data=form | {"reviewers": ["1"]})
    assert begun.status_code == 303, begun.text


def _download(workspace_id: int, person_id: int) -> NewDownload:
    asked = KeptAsked(query="source:mode", zone="UTC", now=NOW, eyes=Eyes())
    return NewDownload(
        workspace_id=workspace_id,
        person_id=person_id,
        requested_by="alice",
        requested_at=NOW,
        form="csv",
        title="Events",
        order=encode_order(EventsOrder()),
        asked=encode_asked(asked),
        highest_seq=3,
    )


def _carol(app: Flask, engine: Engine) -> FlaskClient:
    """An admin of another workspace, with a token of it that may do everything."""
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        carol = create_person(connection, "carol", "Carol", NOW, "hash")
        grant_role(connection, carol, other, ADMIN, NOW)
        cookie = start_session(connection, carol, NOW, other)
        session = find_session(connection, cookie, NOW)
        token = create_token(connection, other, "x", None, NOW, (INGEST, READ))
    assert session is not None
    browser = app.test_client()
    browser.set_cookie("auditdash", cookie)
    browser.environ_base["HTTP_X_CSRF_TOKEN"] = session.csrf_token
    browser.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    assert browser.get("/api/v1/token").status_code == 200  # which keeps when it was used
    return browser


def _addresses(app: Flask, handle: str) -> Iterator[tuple[Rule, str, str]]:
    """Each address with an id in it, and each of its methods."""
    for rule in app.url_map.iter_rules():
        if not rule.arguments - _NO_IDS:
            continue
        unknown = rule.arguments - _NO_IDS - _FIRST - {"seq", "handle"}
        assert not unknown, f"make one of {unknown} in this module's fixture, and name it in _FIRST"
        values: dict[str, Any] = dict.fromkeys(_FIRST, 1) | {"seq": _SEQ, "handle": handle}
        for name, converter in rule._converters.items():
            if isinstance(converter, AnyConverter):
                values[name] = min(converter.items)
        values = {name: values.get(name, "x") for name in rule.arguments}
        address: str = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}):
            yield rule, method, address


def _kept(connection: Connection) -> dict[str, list[Any]]:
    """All rows that no visit changes."""
    return {
        name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for name, table in metadata.tables.items()
        if name not in _VISITS
    }


def test_somebody_elses_ids_open_and_change_nothing(
    app: Flask, client: FlaskClient, engine: Engine, handle: str
) -> None:
    carol = _carol(app, engine)
    with reading(engine) as connection:
        before = _kept(connection)
    opened = []
    for rule, method, address in _addresses(app, handle):
        with carol.open(address, method=method, data={"name": "x"}) as answer:
            if answer.status_code != 404:
                opened.append((rule.endpoint, method, answer.status_code))
    assert opened == []
    with reading(engine) as connection:
        assert _kept(connection) == before


def test_who_only_looks_changes_nothing(
    app: Flask, client: FlaskClient, engine: Engine, handle: str
) -> None:
    with reading(engine) as connection:
        before = _kept(connection)
    seen = 0
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and not rule.arguments and rule.endpoint not in _BEGIN:
            client.get(rule.rule, buffered=True)
            seen += 1
    for rule, method, address in _addresses(app, handle):
        if method == "GET" and rule.endpoint not in _NOT_MADE:
            client.get(address, buffered=True)
            seen += 1
    assert seen > 90
    with reading(engine) as connection:
        after = _kept(connection)
    assert [name for name in before if before[name] != after[name]] == []


def test_the_same_ids_are_there_for_their_owner(
    app: Flask, client: FlaskClient, engine: Engine, workspace_id: int, handle: str
) -> None:
    """Or what a stranger is not shown would be what is not there."""
    with writing(engine) as connection:
        token = create_token(connection, workspace_id, "own", None, NOW, (INGEST, READ))
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    missing = []
    for rule, method, address in _addresses(app, handle):
        if method == "GET" and rule.endpoint not in _NOT_MADE:
            with client.get(address) as answer:
                if answer.status_code >= 400 or answer.headers["Cache-Control"] != "no-store":
                    missing.append((rule.endpoint, answer.status_code))
    assert missing == []
