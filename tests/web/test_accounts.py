import logging
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from auditdash.accounts.memberships import grant_role
from auditdash.accounts.people import create_person, disable_person, find_person
from auditdash.accounts.roles import VIEWER
from auditdash.accounts.setup import create_setup_link, first_setup_link
from auditdash.settings import ROOT
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import list_workspaces
from tests.databases import ON_SQLITE
from tests.make import NOW
from tests.people import ALICE, PASSWORD, add_alice, add_to_all
from tests.web.signing.entering import told

pytestmark = ON_SQLITE
_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')
_PASSWORD = re.compile(
    r'<input[^>]*name="(?:password|password_again|current|confirm_password)"[^>]*>'
)


@pytest.fixture
def visitor(app: Flask, workspace_id: int) -> FlaskClient:
    """A browser in which nobody is signed in; Alice has an account."""
    add_alice(app.extensions["auditdash"].engine)
    return app.test_client()


def _log_in(client: FlaskClient, **fields: str) -> TestResponse:
    form = {"username": ALICE, "password": PASSWORD, "csrf_token": _form_token(client, "/login")}
    return client.post("/login", data=form | fields)


def _form_token(client: FlaskClient, path: str) -> str:
    found = _FIELD.search(client.get(path).text)
    assert found is not None
    return found[1]


def _session(client: FlaskClient) -> str:
    cookie = client.get_cookie("auditdash")
    return cookie.value if cookie else ""


def _set_up(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    form = {
        "username": "Bob",
        "name": "Bob Bell",
        "workspace": "Brightwater",
        "password": PASSWORD,
        "password_again": PASSWORD,
        "csrf_token": _form_token(client, path),
    }
    return client.post(path, data=form | fields)


def test_alice_logs_in_and_goes_where_she_wanted(visitor: FlaskClient) -> None:
    wanted = visitor.get("/settings?x=1")
    assert wanted.location == "/login?next=%2Fsettings%3Fx%3D1"
    answer = _log_in(visitor, next="/settings?x=1")
    assert (answer.status_code, answer.location) == (303, "/settings?x=1")
    assert visitor.get("/settings").status_code == 200


def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_by_strangers(
    visitor: FlaskClient,
) -> None:
    cookie = _log_in(visitor).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Expires" not in cookie


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(visitor: FlaskClient) -> None:
    wrong = _log_in(visitor, password="not this one 7")
    unknown = _log_in(visitor, username="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace(ALICE, "nobody") == unknown.text
    assert _session(visitor) == ""


def test_a_disabled_person_is_answered_as_an_unknown_one(
    visitor: FlaskClient, engine: Engine
) -> None:
    alice = add_alice(engine)
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
    add_to_all(engine, bob)  # or Alice would be the last admin
    with writing(engine) as connection:
        disable_person(connection, alice, NOW)
    unknown = _log_in(visitor, username="nobody", password=PASSWORD)
    disabled = _log_in(visitor)
    assert disabled.status_code == 401
    assert disabled.text == unknown.text.replace("nobody", ALICE)


@pytest.mark.parametrize("username", [ALICE, "nobody"])
def test_too_many_wrong_passwords_must_wait_also_with_the_right_one(
    visitor: FlaskClient, username: str
) -> None:
    answers = [_log_in(visitor, username=username, password="x" * 12) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {401}
    late = _log_in(visitor, username=username)
    assert late.status_code == 429
    assert late.headers["Retry-After"] == "30"
    assert "Try again in 30 seconds" in late.text


def test_a_planted_session_token_is_not_the_one_after_login(visitor: FlaskClient) -> None:
    visitor.set_cookie("auditdash", "planted")
    _log_in(visitor)
    first = _session(visitor)
    assert first not in {"", "planted"}
    assert visitor.get("/login").status_code == 303
    other = visitor.application.test_client()
    other.set_cookie("auditdash", "planted")
    assert other.get("/settings").status_code == 303


def test_logging_in_again_ends_the_session_before(app: Flask, visitor: FlaskClient) -> None:
    _log_in(visitor)
    first = _session(visitor)
    token = _form_token(visitor, "/settings")
    visitor.post("/login", data={"username": ALICE, "password": PASSWORD, "csrf_token": token})
    assert _session(visitor) not in {"", first}
    old = app.test_client()
    old.set_cookie("auditdash", first)
    assert old.get("/settings").status_code == 303


def test_logging_out_ends_the_session_on_the_server_too(client: FlaskClient) -> None:
    token = _session(client)
    answer = client.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert _session(client) == ""
    client.set_cookie("auditdash", token)
    assert client.get("/settings").status_code == 303


def test_what_is_typed_of_a_password_is_hidden_and_may_be_pasted(
    app: Flask, client: FlaskClient, engine: Engine
) -> None:
    alice = add_alice(engine)
    with writing(engine) as connection:
        path = create_setup_link(connection, alice, NOW)
    visitor = app.test_client()
    pages = [visitor.get("/login"), visitor.get(path)]
    pages += [client.get("/account"), client.get("/confirm?next=/account")]
    fields = [each for page in pages for each in _PASSWORD.findall(page.text)]
    assert len(fields) == 7
    for field in fields:
        assert 'type="password"' in field
        assert re.search('autocomplete="(new|current)-password"', field)
        assert "readonly" not in field
    for script in (ROOT / "static" / "js").glob("*.js"):
        assert "paste" not in script.read_text(encoding="utf-8"), script


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "settings",
        "///evil.example",
        "/\r\nSet-Cookie: a=b",
    ],
)
def test_login_leads_to_no_other_site(visitor: FlaskClient, elsewhere: str) -> None:
    assert _log_in(visitor, next=elsewhere).location == "/"


def test_a_form_of_another_site_does_not_log_in(visitor: FlaskClient) -> None:
    token = _form_token(visitor, "/login")
    form = {"username": ALICE, "password": PASSWORD, "csrf_token": token}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[evil"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert visitor.post("/login", data=form, headers=headers).status_code == 403
    assert visitor.post("/login", data=form | {"csrf_token": "x"}).status_code == 403
    assert visitor.post("/login", data=form, headers={"Origin": "http://localhost"}).location == "/"


def test_the_first_person_makes_the_account_and_the_workspace(app: Flask, engine: Engine) -> None:
    visitor = app.test_client()
    with writing(engine) as connection:
        path = first_setup_link(connection, NOW)
    assert path is not None
    assert "one-time link" in visitor.get("/login").text
    answer = _set_up(visitor, path)
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/").location == "/welcome"
    with reading(engine) as connection:
        person = find_person(connection, "bob")
        assert [(each.slug, each.kind) for each in list_workspaces(connection)] == [
            ("brightwater", "real")
        ]
    assert person is not None
    assert person.name == "Bob Bell"
    assert told(engine) == ["member_invited", "signed_in"]
    assert visitor.get(path).status_code == 410
    assert app.test_client().get(path).status_code == 410


def test_what_is_wrong_in_a_setup_stands_at_its_field(app: Flask, engine: Engine) -> None:
    visitor = app.test_client()
    with writing(engine) as connection:
        path = first_setup_link(connection, NOW) or ""
    for field, value in (
        ("username", "a b"),
        ("workspace", " "),
        ("password", "short"),
        ("password_again", "something else"),
    ):
        answer = _set_up(visitor, path, **{field: value})
        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text
        assert PASSWORD not in answer.text
    with reading(engine) as connection:
        assert list_workspaces(connection) == []
    assert _set_up(visitor, path).status_code == 303


def test_an_invited_person_chooses_a_password_and_nothing_else(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    visitor = app.test_client()
    with writing(engine) as connection:
        carol = create_person(connection, "carol", "Carol", NOW)
        grant_role(connection, carol, workspace_id, VIEWER, NOW)
        path = create_setup_link(connection, carol, NOW)
    assert 'id="workspace"' not in visitor.get(path).text
    assert _set_up(visitor, path, username="mallory", workspace="Mine").status_code == 303
    assert visitor.get("/settings").status_code == 200
    with reading(engine) as connection:
        assert find_person(connection, "mallory") is None
        assert len(list_workspaces(connection)) == 1


def test_a_new_link_signs_the_person_out_elsewhere(client: FlaskClient, engine: Engine) -> None:
    alice = add_alice(engine)
    with writing(engine) as connection:
        path = create_setup_link(connection, alice, NOW)
    visitor = client.application.test_client()
    assert _set_up(visitor, path).status_code == 303
    assert client.get("/settings").status_code == 303
    assert visitor.get("/settings").status_code == 200


def test_a_password_is_never_in_the_log(
    visitor: FlaskClient,
    engine: Engine,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    alice = add_alice(engine)
    _log_in(visitor, password="mistyped-" + PASSWORD)
    _log_in(visitor)
    with writing(engine) as connection:
        path = create_setup_link(connection, alice, NOW)
    _set_up(visitor, path, password_again="different")
    _set_up(visitor, path)
    assert PASSWORD not in caplog.text
    assert PASSWORD not in "".join(capfd.readouterr())
