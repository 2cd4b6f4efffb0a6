"""One's own account: password, second factors, sessions; and proving again who one is."""

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.factors.held import find_factors
from auditdash.accounts.memberships import grant_role
from auditdash.accounts.people import create_person, find_person_by_id
from auditdash.accounts.roles import VIEWER
from auditdash.accounts.sessions import RECENT, Entrance, list_sessions, start_session
from auditdash.accounts.setup import create_setup_link
from auditdash.events.instants import MINUTE, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import list_workspaces
from tests.accounts.factors.soft_key import SoftKey
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW
from tests.people import PASSWORD, add_alice, add_to_all, signed_in
from tests.web.signing import entering
from tests.web.signing.entering import acts, code_of, is_in, log_in, send, session_of, told
from tests.web.signing.test_second import PARTY, give_passkey

pytestmark = ON_SQLITE
_SECRET = re.compile(r'id="secret">([^<]+)<')
_CODE = re.compile(r"<li><code>([2-9a-z-]{19})</code>")
NEW = "another-good-one-9"


def _later(client: FlaskClient) -> None:
    """It is long ago that Alice has proved who she is."""
    entering.at(client.application, NOW + RECENT + 1)


def test_the_password_changes_only_with_the_current_one(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    elsewhere = signed_in(client.application.test_client(), workspace_id)
    alice = add_alice(engine)
    with writing(engine) as connection:
        link = create_setup_link(connection, alice, NOW)
    form = {"current": "wrong", "password": NEW, "password_again": NEW}
    assert client.post("/account/password", data=form).status_code == 400
    assert is_in(elsewhere)
    form["current"] = PASSWORD
    for changed, why in (
        ({"password": "alice-alice-1"}, "username in it"),
        ({"password": "heron-acme-lantern"}, "name of the workspace"),
        ({"password_again": NEW + "x"}, "differs"),
    ):
        assert why in client.post("/account/password", data=form | changed).text
    answer = client.post("/account/password", data=form)
    assert "is changed" in client.get(answer.location).text
    assert not is_in(elsewhere)
    assert elsewhere.get(link).status_code == 410  # nor does who had a link choose another
    assert told(engine) == ["sign_in_failed", "password_changed"]


def test_the_current_password_cannot_be_guessed_for_long(client: FlaskClient) -> None:
    form = {"current": "wrong", "password": NEW, "password_again": NEW}
    for _ in range(5):
        client.post("/account/password", data=form)
    assert "Too many attempts" in client.post("/account/password", data=form).text


def test_an_app_is_set_up_and_brings_recovery_codes(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    elsewhere = signed_in(client.application.test_client(), workspace_id)
    before = session_of(client)
    page = client.get("/account/app").text
    found = _SECRET.search(page)
    assert found is not None
    secret = found[1].replace(" ", "")
    assert page.count('class="qr"') == 1
    assert client.post("/account/app", data={"code": "000000"}).status_code == 400
    answer = client.post("/account/app", data={"code": code_of(secret)})
    codes = _CODE.findall(answer.text)
    assert len(set(codes)) == 10
    assert answer.headers["Cache-Control"] == "no-store"
    assert session_of(client) not in {"", before}
    assert is_in(client)
    assert not is_in(elsewhere)
    assert client.get("/account/app").location == "/account#factors"
    page = client.get("/account").text
    assert "10 recovery codes left" in page
    assert not any(code in page for code in codes)
    assert told(engine) == ["second_factor_added", "recovery_codes_created"]
    assert not any(secret in str(each) for each in acts(engine))


def test_a_passkey_is_added_named_and_removed(client: FlaskClient, engine: Engine) -> None:
    key = SoftKey(PARTY.domain, PARTY.origin)
    options = client.post("/account/passkeys/options")
    form = {"name": "<b>Blue key", "credential": key.make(options.text)}
    answer = client.post("/account/passkeys", data=form)
    assert len(_CODE.findall(answer.text)) == 10
    again = client.post("/account/passkeys", data=form)
    assert "took too long" in again.text
    page = client.get("/account").text
    assert "&lt;b&gt;Blue key" in page
    assert "<b>Blue" not in page
    number = re.search(r"/account/passkeys/(\d+)/remove", page)
    assert number is not None
    path = f"/account/passkeys/{number[1]}"
    assert client.post(f"{path}/name", data={"name": "Green key"}).status_code == 303
    assert "Green key" in client.get("/account").text
    assert client.post(f"{path}/remove").status_code == 303
    assert client.post(f"{path}/remove").status_code == 404
    with reading(engine) as connection:
        left = find_factors(connection, add_alice(engine))
    assert (left.any, left.codes) == (False, 0)
    removed = acts(engine)[-1]
    assert removed["action"] == "auditdash_second_factor_removed"
    assert removed["entity"]["entity_name"] == "Green key (passkey)"


def test_nobody_touches_the_passkeys_of_others(client: FlaskClient, engine: Engine) -> None:
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
    give_passkey(engine, bob)
    for act in ("name", "remove"):
        answer = client.post(f"/account/passkeys/1/{act}", data={"name": "Mine"})
        assert answer.status_code == 404
    with reading(engine) as connection:
        assert [each.name for each in find_factors(connection, bob).passkeys] == ["Laptop"]


def test_new_recovery_codes_are_for_who_has_a_second_factor(
    client: FlaskClient, engine: Engine
) -> None:
    assert client.post("/account/recovery-codes").status_code == 400
    _, old = entering.give_app(client.application, add_alice(engine))
    codes = _CODE.findall(client.post("/account/recovery-codes").text)
    assert len(codes) == 10
    visitor = client.application.test_client()
    log_in(visitor)
    assert send(visitor, "/login/second", "/login/second", recovery=old[0]).status_code == 401
    assert send(visitor, "/login/second", "/login/second", recovery=codes[9]).status_code == 303


def test_sessions_are_listed_and_ended(client: FlaskClient, engine: Engine) -> None:
    alice = add_alice(engine)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0 <script>"
    with writing(engine) as connection:
        for minutes in (1, 2, 3):
            entrance = Entrance(method="password+app", ip="203.0.113.9", user_agent=agent)
            start = Instant(NOW - minutes * MINUTE)
            start_session(connection, alice, start, entrance=entrance)
    page = client.get("/account").text
    assert page.count("Firefox on Linux") == 3
    assert page.count("203.0.113.9") >= 3
    assert "with password and app" in page
    assert "<script>" not in page.replace("<script src", "")
    assert page.count("This one") == 1
    handles = re.findall(r"/account/sessions/([0-9a-f]{64})/end", page)
    assert len(handles) == 3
    assert client.post(f"/account/sessions/{handles[0]}/end").status_code == 303
    assert client.post(f"/account/sessions/{handles[0]}/end").status_code == 404
    assert client.post("/account/sessions/end-others").status_code == 303
    assert is_in(client)
    with reading(engine) as connection:
        assert len(list_sessions(connection, alice, NOW)) == 1
    assert [each["context"]["sessions"] for each in acts(engine)] == ["1", "2"]


def test_sessions_of_others_are_ended_by_admins_of_their_workspace_alone(
    client: FlaskClient, engine: Engine
) -> None:
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        carol = create_person(connection, "carol", "Carol", NOW, "hash")
        tokens = [start_session(connection, person, NOW) for person in (bob, bob, carol)]
    add_to_all(engine, bob)
    with reading(engine) as connection:
        first = list_sessions(connection, bob, NOW)[0].handle
        hers = list_sessions(connection, carol, NOW)[0].handle
    path = f"/settings/members/{bob}/sessions"
    assert client.get(path).text.count("/end") == 3
    assert client.get(f"/settings/members/{carol}/sessions").status_code == 404
    assert client.post(f"/settings/members/{carol}/sessions/end").status_code == 404
    assert client.post(f"{path}/{hers}/end").status_code == 404
    assert client.post(f"{path}/{first}/end").status_code == 303
    assert client.post(f"{path}/end").status_code == 303
    assert "Signed in nowhere" in client.get(path).text
    with reading(engine) as connection:
        assert len(list_sessions(connection, carol, NOW)) == 1
    assert len(tokens) == 3
    last = acts(engine)[-1]
    assert last["actor"]["username"] == "alice"
    assert last["context"]["member_username"] == "bob"


def test_sessions_of_who_is_a_member_elsewhere_too_are_none_of_an_admins(
    client: FlaskClient, engine: Engine
) -> None:
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        start_session(connection, bob, NOW)
        grant_role(connection, bob, add_workspace(connection, "theirs", "Theirs"), VIEWER, NOW)
    invited = client.post("/settings/members", data={"username": "bob", "role": "viewer"})
    assert invited.status_code == 200
    path = f"/settings/members/{bob}/sessions"
    assert client.get(path).status_code == 403
    assert client.post(f"{path}/end").status_code == 403
    assert path not in client.get(f"/settings/members/{bob}").text
    with reading(engine) as connection:
        assert len(list_sessions(connection, bob, NOW)) == 1


def test_long_after_the_login_a_form_asks_again_and_keeps_its_fields(
    client: FlaskClient, engine: Engine
) -> None:
    _later(client)
    form = {"token_name": "<loader> & co", "may_read": "1", "lifetime": "30"}
    asked = client.post("/settings/tokens", data=form)
    assert asked.status_code == 403
    assert "Is it you?" in asked.text
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
    fields = {name: html.unescape(value) for name, value in fields.items()}
    assert {name: fields[name] for name in form} == form
    before = session_of(client)
    wrong = client.post("/settings/tokens", data=fields | {"confirm_password": "wrong"})
    assert wrong.status_code == 403
    assert session_of(client) == before
    done = client.post("/settings/tokens", data=fields | {"confirm_password": PASSWORD})
    assert done.status_code == 200
    assert "&lt;loader&gt; &amp; co" in done.text
    assert session_of(client) not in {"", before}
    old = client.application.test_client()
    old.set_cookie("auditdash", before)
    assert not is_in(old)
    assert client.post("/settings/tokens", data=form).status_code == 200


def test_long_after_the_login_a_page_asks_again_and_goes_on(client: FlaskClient) -> None:
    _later(client)
    asked = client.get("/account/app")
    assert asked.location == "/confirm?next=%2Faccount%2Fapp"
    page = client.get(asked.location)
    assert page.status_code == 200
    form = {"confirm": "1", "confirm_password": PASSWORD, "next": "/account/app"}
    answer = client.post("/confirm", data=form)
    assert answer.location == "/account/app"
    assert client.get("/account/app").status_code == 200


def test_it_is_asked_for_all_that_the_person_has(client: FlaskClient, engine: Engine) -> None:
    alice = add_alice(engine)
    secret, _ = entering.give_app(client.application, alice)
    _later(client)
    now = NOW + RECENT + 1
    form = {"confirm": "1", "confirm_password": PASSWORD, "next": "/account"}
    assert client.post("/confirm", data=form).status_code == 403
    good = client.post("/confirm", data=form | {"confirm_code": code_of(secret, now)})
    assert good.status_code == 303


def test_a_passkey_proves_it_too_and_a_password_alone_does_not_beside_it(
    client: FlaskClient, engine: Engine
) -> None:
    key = give_passkey(engine, add_alice(engine))
    _later(client)
    form = {"confirm": "1", "next": "/account"}
    assert client.post("/confirm", data=form | {"confirm_password": PASSWORD}).status_code == 403
    other = give_passkey(engine, _bob(engine))
    for which, status in ((other, 403), (key, 303)):
        options = client.post("/confirm/options").text
        answer = client.post("/confirm", data=form | {"credential": which.sign(options)})
        assert answer.status_code == status


def _bob(engine: Engine) -> int:
    with writing(engine) as connection:
        return create_person(connection, "bob", "Bob", NOW, "hash")


def test_guessing_at_the_question_is_counted(client: FlaskClient) -> None:
    _later(client)
    form = {"confirm": "1", "confirm_password": "wrong", "next": "/"}
    assert [client.post("/confirm", data=form).status_code for _ in range(6)] == [403] * 5 + [429]


@pytest.mark.parametrize("wanted", [{"all"}, {"admin", "auditor"}])
def test_who_needs_a_second_factor_sees_nothing_else_before_it(
    client: FlaskClient, engine: Engine, wanted: set[str]
) -> None:
    entering.change(client.application, second_factor=frozenset(wanted))
    for path in ("/timeline?q=", "/settings", "/charts", "/"):
        assert client.get(path).location == "/account"
    assert client.post("/settings/members", data={"username": "eve"}).location == "/account"
    page = client.get("/account").text
    assert "A second factor is required here" in page
    found = _SECRET.search(client.get("/account/app").text)
    assert found is not None
    client.post("/account/app", data={"code": code_of(found[1].replace(" ", ""))})
    assert client.get("/settings").status_code == 200
    answer = client.post("/account/app/remove")
    assert answer.status_code == 400
    assert "required" in answer.text
    with reading(engine) as connection:
        assert find_factors(connection, add_alice(engine)).any


def test_who_needs_none_is_not_asked(client: FlaskClient) -> None:
    entering.change(client.application, second_factor=frozenset({"auditor"}))
    assert client.get("/settings").status_code == 200


def test_signing_out_is_recorded_in_each_workspace_of_the_person(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        add_workspace(connection, "second", "Second")
        add_workspace(connection, "demo", "Demo", "demo")
    add_alice(engine)
    visitor = app.test_client()
    log_in(visitor)
    send(visitor, "/account", "/logout")
    names = [(each["action"], each["workspace_username"]) for each in acts(engine)]
    assert sorted(names) == [
        ("auditdash_signed_in", "acme"),
        ("auditdash_signed_in", "second"),
        ("auditdash_signed_out", "acme"),
        ("auditdash_signed_out", "second"),
    ]
    with reading(engine) as connection:
        assert len(list_workspaces(connection)) == 3
        assert find_person_by_id(connection, 1) is not None


def test_a_failure_tells_no_name_that_nobody_has(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    log_in(app.test_client(), username="my-secret-password")
    (failed,) = acts(engine)
    assert failed["action"] == "auditdash_sign_in_failed"
    assert "my-secret" not in str(failed)
    assert failed["actor"]["ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    "path",
    [
        "/account/app",
        "/account/app/remove",
        "/account/passkeys/options",
        "/account/passkeys",
        "/account/passkeys/1/remove",
        "/account/recovery-codes",
        "/account/sso",
        "/account/sso/1/unlink",
        f"/account/sessions/{'f' * 64}/end",
        "/account/sessions/end-others",
        "/settings/members",
        "/settings/members/1",
        "/settings/members/1/link",
        f"/settings/members/1/sessions/{'f' * 64}/end",
        "/settings/members/1/sessions/end",
        "/settings/tokens",
        "/settings/streams",
    ],
)
def test_whoever_finds_a_browser_open_changes_nothing_of_who_comes_in(
    client: FlaskClient, path: str
) -> None:
    _later(client)
    asked = client.post(path)
    assert asked.status_code == 403
    assert "Is it you?" in asked.text
