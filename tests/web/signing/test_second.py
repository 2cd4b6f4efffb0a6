"""The second factor at the door: app, recovery codes, passkeys."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from auditdash.accounts import attempts
from auditdash.accounts.factors.ceremonies import RelyingParty, ask_for_new, read_new
from auditdash.accounts.factors.passkeys import add_passkey
from auditdash.accounts.people import create_person, find_person_by_id
from auditdash.accounts.setup import create_setup_link
from auditdash.events.instants import MINUTE
from auditdash.store.engine import writing
from tests.accounts.factors.soft_key import SoftKey
from tests.databases import ON_SQLITE
from tests.make import NOW
from tests.people import add_alice
from tests.web.signing import entering
from tests.web.signing.entering import code_of, is_in, log_in, send, session_of, told

pytestmark = ON_SQLITE
PARTY = RelyingParty("localhost", "http://localhost")


@pytest.fixture
def visitor(app: Flask, workspace_id: int) -> FlaskClient:
    add_alice(app.extensions["auditdash"].engine)
    return app.test_client()


def give_passkey(engine: Engine, person_id: int, **how: bool) -> SoftKey:
    key = SoftKey(PARTY.domain, PARTY.origin, **how)
    with writing(engine) as connection:
        person = find_person_by_id(connection, person_id)
        assert person is not None
        asked = ask_for_new(PARTY, person, [])
        made = read_new(PARTY, key.make(asked.options), asked.challenge)
        add_passkey(connection, person_id, "Laptop", made, NOW)
    return key


def _options(client: FlaskClient, page: str, address: str = "/login/passkey/options") -> str:
    answer = send(client, page, address)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/json"
    return answer.text


def test_the_password_alone_does_not_let_in_who_has_an_app(
    visitor: FlaskClient, engine: Engine
) -> None:
    secret, _ = entering.give_app(visitor.application, add_alice(engine))
    answer = log_in(visitor, next="/settings?x=1")
    assert (answer.status_code, answer.location) == (303, "/login/second")
    assert session_of(visitor) == ""
    assert not is_in(visitor)
    wrong = send(visitor, "/login/second", "/login/second", code="000000")
    assert wrong.status_code == 401
    right = send(visitor, "/login/second", "/login/second", code=code_of(secret))
    assert (right.status_code, right.location) == (303, "/settings?x=1")
    assert is_in(visitor)
    assert told(engine) == ["sign_in_failed", "signed_in"]
    failed, came_in = entering.acts(engine)
    assert failed["outcome"] == "failure"
    assert failed["context"] == {
        "reason": "wrong second factor",
        "member_username": "alice",
        "member_id": str(add_alice(engine)),
    }
    assert failed["actor"]["username"] is None
    assert came_in["context"]["method"] == "password+app"


def test_a_code_that_was_used_lets_nobody_else_in(visitor: FlaskClient, engine: Engine) -> None:
    secret, _ = entering.give_app(visitor.application, add_alice(engine))
    thief = visitor.application.test_client()
    log_in(visitor)
    log_in(thief)
    code = code_of(secret)
    assert send(visitor, "/login/second", "/login/second", code=code).status_code == 303
    assert send(thief, "/login/second", "/login/second", code=code).status_code == 401
    assert not is_in(thief)


def test_codes_cannot_be_guessed_for_long(visitor: FlaskClient, engine: Engine) -> None:
    secret, _ = entering.give_app(visitor.application, add_alice(engine))
    log_in(visitor)
    tries = [
        send(visitor, "/login/second", "/login/second", code=f"{number:06}") for number in range(5)
    ]
    assert {each.status_code for each in tries} == {401}
    late = send(visitor, "/login/second", "/login/second", code=code_of(secret))
    assert (late.status_code, late.headers["Retry-After"]) == (429, "30")
    entering.at(visitor.application, NOW + MINUTE)
    again = code_of(secret, NOW + MINUTE)
    assert send(visitor, "/login/second", "/login/second", code=again).status_code == 303


def test_a_recovery_code_lets_in_once(visitor: FlaskClient, engine: Engine) -> None:
    _, codes = entering.give_app(visitor.application, add_alice(engine))
    log_in(visitor)
    typed = codes[0].upper().replace("-", " ")
    assert send(visitor, "/login/second", "/login/second", recovery=typed).status_code == 303
    assert "1 recovery code left" in visitor.get("/account").text
    other = visitor.application.test_client()
    log_in(other)
    assert send(other, "/login/second", "/login/second", recovery=codes[0]).status_code == 401
    assert entering.acts(engine)[0]["context"]["method"] == "password+recovery"


def test_the_second_step_is_this_browsers_and_ends(visitor: FlaskClient, engine: Engine) -> None:
    secret, _ = entering.give_app(visitor.application, add_alice(engine))
    log_in(visitor)
    stranger = visitor.application.test_client()
    assert stranger.get("/login/second").location == "/login"
    assert send(stranger, "/login", "/login/second", code=code_of(secret)).location == "/login"
    stranger.set_cookie("auditdash-step", "x" * 43)
    assert stranger.get("/login/second").location == "/login"
    entering.at(visitor.application, NOW + 10 * MINUTE)
    assert visitor.get("/login/second").location == "/login"


def test_a_one_time_link_asks_for_the_second_factor_too(
    visitor: FlaskClient, engine: Engine
) -> None:
    alice = add_alice(engine)
    secret, _ = entering.give_app(visitor.application, alice)
    with writing(engine) as connection:
        path = create_setup_link(connection, alice, NOW)
    new = "another-heron-lantern-9"
    answer = send(visitor, path, path, password=new, password_again=new)
    assert answer.location == "/login/second"
    assert not is_in(visitor)
    send(visitor, "/login/second", "/login/second", code=code_of(secret))
    assert is_in(visitor)
    assert told(engine) == ["password_changed", "signed_in"]


def test_a_passkey_is_a_second_factor(visitor: FlaskClient, engine: Engine) -> None:
    key = give_passkey(engine, add_alice(engine), verifies=False)
    log_in(visitor, next="/settings")
    options = _options(visitor, "/login/second")
    credential = key.sign(options)
    answer = send(visitor, "/login/second", "/login/passkey", credential=credential)
    assert answer.location == "/settings"
    assert is_in(visitor)
    assert entering.acts(engine)[-1]["context"]["method"] == "password+passkey"


def test_a_passkey_alone_lets_in_who_was_verified(visitor: FlaskClient, engine: Engine) -> None:
    alice = add_alice(engine)
    careless, key = give_passkey(engine, alice, verifies=False), give_passkey(engine, alice)
    options = _options(visitor, "/login")
    answer = send(visitor, "/login", "/login/passkey", credential=careless.sign(options))
    assert answer.location == "/login?failed=passkey"
    assert "not accepted" in visitor.get(answer.location).text
    options = _options(visitor, "/login")
    credential = key.sign(options)
    answer = send(visitor, "/login", "/login/passkey", credential=credential, next="/settings")
    assert answer.location == "/settings"
    assert is_in(visitor)
    again = visitor.application.test_client()
    answer = send(again, "/login", "/login/passkey", credential=credential)
    assert answer.location == "/login?failed=passkey"
    assert told(engine) == ["sign_in_failed", "signed_in", "sign_in_failed"]


def test_a_challenge_is_good_once_and_for_its_browser(visitor: FlaskClient, engine: Engine) -> None:
    key = give_passkey(engine, add_alice(engine))
    stranger = visitor.application.test_client()
    signed = key.sign(_options(visitor, "/login"))
    answer = send(stranger, "/login", "/login/passkey", credential=signed)
    assert answer.location == "/login?failed=passkey"
    for expected in ("/", "/login?failed=passkey"):
        fresh = key.sign(_options(visitor, "/login")) if expected == "/" else signed
        answer = send(visitor, "/login", "/login/passkey", credential=fresh)
        assert answer.location == expected
        if expected == "/":
            send(visitor, "/account", "/logout")


def test_after_a_password_only_the_same_persons_passkey_helps(
    visitor: FlaskClient, engine: Engine
) -> None:
    alice = add_alice(engine)
    entering.give_app(visitor.application, alice)
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
    key = give_passkey(engine, bob)
    log_in(visitor)
    signed = key.sign(_options(visitor, "/login/second"))
    send(visitor, "/login/second", "/login/passkey", credential=signed)
    assert not is_in(visitor)


def test_no_stranger_fills_the_log_with_passkeys_that_fail(
    visitor: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FREE_OF_NETWORK", 2)
    key = give_passkey(engine, add_alice(engine))

    def give(credential: str) -> TestResponse:
        return send(visitor, "/login", "/login/passkey", credential=credential)

    assert [give("x").status_code for _ in range(4)] == [303, 303, 429, 429]
    signed = key.sign(_options(visitor, "/login"))
    waits = give(signed)
    assert (waits.status_code, waits.headers["Retry-After"]) == (429, "6")
    assert told(engine) == ["sign_in_failed"] * 2
    entering.at(visitor.application, NOW + attempts.FORGIVEN_EVERY)
    assert give(signed).location == "/"  # it waited, and costs nothing
    assert send(visitor, "/account", "/logout").status_code == 303
    assert give(key.sign(_options(visitor, "/login"))).location == "/"


@pytest.mark.parametrize("answer", ["", "{}", "null", '{"id": 7}', "[", '{"id": "AAAA"}'])
def test_no_answer_of_a_browser_breaks_the_door(
    visitor: FlaskClient, engine: Engine, answer: str
) -> None:
    _options(visitor, "/login")
    found = send(visitor, "/login", "/login/passkey", credential=answer)
    assert found.location == "/login?failed=passkey"


def test_what_the_login_says_of_passkeys_is_the_same_for_every_name(
    visitor: FlaskClient, engine: Engine
) -> None:
    def shape() -> str:
        text = _options(visitor.application.test_client(), "/login")
        return re.sub(r'"challenge": ?"[^"]+"', "", text)

    before = shape()
    give_passkey(engine, add_alice(engine))
    assert shape() == before


def test_a_disabled_person_comes_in_by_no_way(visitor: FlaskClient, engine: Engine) -> None:
    alice = add_alice(engine)
    secret, _ = entering.give_app(visitor.application, alice)
    key = give_passkey(engine, alice)
    log_in(visitor)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE people SET disabled_at = 1")
    page = visitor.get("/login/second")
    assert page.location == "/login"
    assert send(visitor, "/login", "/login/second", code=code_of(secret)).location == "/login"
    signed = key.sign(_options(visitor, "/login"))
    answer = send(visitor, "/login", "/login/passkey", credential=signed)
    assert answer.location == "/login?failed=passkey"
    assert log_in(visitor).status_code == 401
