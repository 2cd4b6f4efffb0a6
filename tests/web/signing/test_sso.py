"""Single sign-on from end to end, against oidc-provider-mock in a process of its own."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec import structs
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from auditdash.accounts import attempts
from auditdash.accounts.memberships import find_memberships
from auditdash.accounts.people import create_person, disable_person, find_person
from auditdash.accounts.sessions import RECENT, Entrance, start_session
from auditdash.accounts.sso import provider
from auditdash.accounts.sso.identities import find_identity, link_identity
from auditdash.accounts.tokens import list_tokens
from auditdash.events.instants import SECOND, now
from auditdash.settings import SingleSignOn
from auditdash.store.engine import reading, writing
from auditdash.store.installation import Installation
from tests.databases import ON_SQLITE
from tests.people import add_alice
from tests.serving import find_free_port
from tests.web.signing import entering
from tests.web.signing.entering import acts, is_in, log_in, send, session_of, told

pytestmark = ON_SQLITE


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = find_free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        transport = httpx.HTTPTransport(retries=12)
        with httpx.Client(transport=transport, timeout=60) as client:
            client.get(address)
        yield address
        process.terminate()


@pytest.fixture
def sso(app: Flask, issuer: str, workspace_id: int) -> SingleSignOn:
    """The application asks the provider, at the real time: its tokens are of now."""
    entering.at(app, now())
    found = SingleSignOn(
        issuer=issuer,
        client_id="auditdash",
        client_secret="hush",
        name="Example ID",
        claim="groups",
        roles=(("audit", "", "auditor"), ("boss", "", "admin")),
        create=True,
    )
    entering.change(app, sso=found, url="http://localhost")
    add_alice(app.extensions["auditdash"].engine)
    return found


def _be(issuer: str, sub: str, **claims: object) -> None:
    """Let the provider know somebody."""
    httpx.put(f"{issuer}/users/{sub}", json=claims).raise_for_status()


def _at_the_provider(location: str, sub: str) -> str:
    """Say yes there; the address to which it sends the browser back."""
    answer = httpx.post(location, data={"sub": sub})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    assert (back.netloc, back.path) == ("localhost", "/login/sso/callback")
    return f"{back.path}?{back.query}"


def _come(client: FlaskClient, sub: str, start: str = "/login/sso?next=/settings") -> TestResponse:
    location = client.get(start).location
    assert location is not None
    return client.get(_at_the_provider(location, sub))


def _roles(engine: Engine, username: str) -> list[str]:
    with reading(engine) as connection:
        person = find_person(connection, username)
        found = find_memberships(connection, person.id, now()) if person else []
    return [each.role.name for each in found]


def test_who_comes_for_the_first_time_gets_an_account_and_the_roles_of_their_groups(
    app: Flask, engine: Engine, issuer: str, sso: SingleSignOn
) -> None:
    visitor = app.test_client()
    assert "Log in with Example ID" in visitor.get("/login").text
    _be(issuer, "s-1", preferred_username="Ann", name="Ann Bell", groups=["audit", "x"])
    answer = _come(visitor, "s-1")
    assert (answer.status_code, answer.location) == (303, "/settings")
    assert is_in(visitor)
    assert _roles(engine, "ann") == ["auditor"]
    assert "with single sign-on" in visitor.get("/account").text
    assert told(engine) == ["member_invited", "sign_on_linked", "signed_in"]
    _be(issuer, "s-1", preferred_username="Renamed", groups=["audit", "boss"])
    assert _come(visitor, "s-1").status_code == 303
    assert _roles(engine, "ann") == ["admin"]
    _be(issuer, "s-1", groups=["nothing"])
    assert _come(visitor, "s-1").status_code == 303
    assert _roles(engine, "ann") == []
    roles = [each["context"]["role"] for each in acts(engine) if "member" in each["action"]]
    assert roles == ["auditor", "admin", "none"]
    left = visitor.post("/logout", data={"csrf_token": _token(visitor)})
    assert left.status_code == 303


def _token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    return found[1] if found else ""


def test_nobody_takes_an_account_over_by_its_name_or_address(
    app: Flask, engine: Engine, issuer: str, sso: SingleSignOn
) -> None:
    with writing(engine) as connection:
        create_person(connection, "bob@acme.com", "Bob", now(), "hash")
    for sub, claims in (
        ("e-1", {"preferred_username": "alice", "groups": ["boss"]}),
        ("e-2", {"email": "bob@acme.com", "email_verified": True, "groups": ["boss"]}),
    ):
        _be(issuer, sub, **claims)
        visitor = app.test_client()
        answer = _come(visitor, sub)
        assert answer.status_code == 403
        assert "There is an account of this name here already" in answer.text
        assert not is_in(visitor)
    with reading(engine) as connection:
        assert find_identity(connection, issuer, "e-1") is None


def test_who_has_no_role_there_is_not_let_in(
    app: Flask, engine: Engine, issuer: str, sso: SingleSignOn
) -> None:
    _be(issuer, "s-2", preferred_username="carl", groups=["kitchen"])
    visitor = app.test_client()
    assert "gives you no role here" in _come(visitor, "s-2").text
    with reading(engine) as connection:
        assert find_person(connection, "carl") is None
    entering.change(app, sso=structs.replace(sso, create=False))
    assert "Nobody here is linked" in _come(visitor, "s-2").text
    assert not is_in(visitor)


def test_an_account_is_linked_by_its_owner_who_says_so(
    app: Flask, engine: Engine, issuer: str, sso: SingleSignOn
) -> None:
    entering.change(app, sso=structs.replace(sso, create=False, roles=()))
    alice = app.test_client()
    log_in(alice)
    _be(issuer, "s-3", email="al@acme.com", email_verified=True)
    asked = _come(alice, "s-3", "/account/sso")
    assert "al@acme.com" in asked.text
    with reading(engine) as connection:
        assert find_identity(connection, issuer, "s-3") is None
    form = {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', asked.text)[0]}
    assert alice.post("/account/sso", data=form).status_code == 303
    assert alice.post("/account/sso", data=form).status_code == 409
    assert "al@acme.com" in alice.get("/account").text
    other = app.test_client()
    assert _come(other, "s-3").location == "/settings"
    only = structs.replace(sso, create=False, roles=(), only=True)
    entering.change(app, sso=only)
    assert send(alice, "/account", "/account/sso/1/unlink").status_code == 400
    entering.change(app, sso=structs.replace(only, only=False))
    assert send(other, "/account", "/account/sso/1/unlink").status_code == 303
    assert "Nobody here is linked" in _come(app.test_client(), "s-3").text
    assert told(engine)[-2:] == ["sign_on_unlinked", "sign_in_failed"]


def test_an_answer_belongs_to_the_browser_that_asked_and_is_good_once(
    app: Flask, issuer: str, sso: SingleSignOn
) -> None:
    _be(issuer, "s-4", preferred_username="dora", groups=["audit"])
    mine, theirs = app.test_client(), app.test_client()
    location = mine.get("/login/sso").location or ""
    back = _at_the_provider(location, "s-4")
    theirs.get("/login/sso")
    assert theirs.get(back).status_code == 400
    assert not is_in(theirs)
    changed = re.sub(r"state=[^&]+", "state=x", back)
    assert mine.get(changed).status_code == 400
    assert mine.get(back).status_code == 400
    assert not is_in(mine)
    assert _come(mine, "s-4").status_code == 303
    for elsewhere in ("https://evil.example/", "//evil.example"):
        assert _come(mine, "s-4", f"/login/sso?next={elsewhere}").location == "/"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_page_elsewhere_begins_a_sign_in(app: Flask, sso: SingleSignOn, site: str) -> None:
    visitor, headers = app.test_client(), {"Sec-Fetch-Site": site}
    answer = visitor.get("/login/sso?next=/timeline", headers=headers)
    assert answer.location == "/login?next=%2Ftimeline"
    assert 'href="/login/sso?next=%2Ftimeline"' in visitor.get(answer.location).text
    typed = visitor.get("/login/sso", headers={"Sec-Fetch-Site": "none"})
    assert (typed.location or "").startswith(sso.issuer)


def test_no_stranger_fills_the_log_with_answers_that_are_none(
    app: Flask, engine: Engine, sso: SingleSignOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FREE_OF_NETWORK", 1)
    visitor = app.test_client()
    found = []
    for _ in range(2):
        state = re.findall(r"state=([^&]+)", visitor.get("/login/sso").location or "")[0]
        found.append(visitor.get(f"/login/sso/callback?error=x&state={state}").status_code)
    assert found == [403, 429]
    assert told(engine) == ["sign_in_failed"]


def test_a_disabled_person_is_not_let_in(
    app: Flask, engine: Engine, issuer: str, sso: SingleSignOn
) -> None:
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", now(), "hash")
        link_identity(connection, bob, issuer, "s-5", "bob", now())
        disable_person(connection, bob, now())
    _be(issuer, "s-5", groups=["audit"])
    visitor = app.test_client()
    assert "disabled" in _come(visitor, "s-5").text
    assert not is_in(visitor)


def test_where_only_the_provider_lets_people_in_nothing_else_does(
    app: Flask, engine: Engine, sso: SingleSignOn
) -> None:
    entering.change(app, sso=structs.replace(sso, only=True))
    visitor = app.test_client()
    page = visitor.get("/login").text
    assert 'name="password"' not in page
    form = {"csrf_token": "x"}
    visitor.set_cookie("auditdash-form", "x")
    for path in ("/login", "/login/passkey/options"):
        named = form | {"username": "alice", "password": "heron-lantern-cobalt-7"}
        assert visitor.post(path, data=named).status_code in {403, 404}
    assert not is_in(visitor)


def test_leaving_offers_to_leave_the_provider_too(
    app: Flask, engine: Engine, issuer: str, sso: SingleSignOn
) -> None:
    _be(issuer, "s-6", preferred_username="eve", groups=["audit"])
    visitor = app.test_client()
    _come(visitor, "s-6")
    left = send(visitor, "/account", "/logout")
    assert left.location == "/login?left=1"
    page = visitor.get(left.location).text
    assert f"{issuer}/oauth2/end_session?client_id=auditdash" in page


def test_proving_it_again_needs_a_fresh_proof_of_the_same_person(
    app: Flask,
    engine: Engine,
    issuer: str,
    sso: SingleSignOn,
    workspace_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: Installation = app.extensions["auditdash"]
    alice = add_alice(engine)
    with writing(engine) as connection:
        link_identity(connection, alice, issuer, "s-7", "alice", now())
        token = start_session(
            connection, alice, now(), workspace_id, entrance=Entrance(method="sso")
        )
    visitor = app.test_client()
    visitor.set_cookie("auditdash", token)
    entering.at(app, found.now() + RECENT + 1)
    assert "Log in with Example ID again" in visitor.get("/confirm?next=/account").text
    _be(issuer, "s-7", groups=["boss"])
    _be(issuer, "s-8", preferred_username="mallory", groups=["boss"])
    assert "did not show" in _come(visitor, "s-8", "/login/sso?again=1&next=/account/app").text
    assert session_of(visitor) == token
    # By our clock that was long ago: nothing shows that it has asked just now.
    assert "did not show" in _come(visitor, "s-7", "/login/sso?again=1&next=/account/app").text
    assert session_of(visitor) == token
    with reading(engine) as connection:
        assert list_tokens(connection, workspace_id) == []
    assert json.dumps(acts(engine)).count("single sign-on") >= 2
    at = (found.now() + RECENT + 1) // SECOND
    for auth_time, location in ((at - 121, None), (at + 121, None), (at - 60, "/account/app")):
        claims = {"sub": "s-7", "auth_time": auth_time}
        monkeypatch.setattr(provider, "finish", lambda *_, claims=claims: claims)
        answer = _come(visitor, "s-7", "/login/sso?again=1&next=/account/app")
        assert answer.location == location
        assert (session_of(visitor) == token) is (location is None)
        # Nor does whoever finds a browser open come further by signing out and in.
        other = app.test_client()
        _come(other, "s-7")
        asked = other.get("/account/app").location
        assert asked == (None if location else "/confirm?next=%2Faccount%2Fapp")
