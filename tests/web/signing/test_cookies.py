"""Every cookie that there is, where browsers come by https: for this host, and for no script."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.sso import provider
from auditdash.accounts.sso.provider import Begun
from auditdash.settings import SingleSignOn
from tests.databases import ON_SQLITE
from tests.people import add_alice
from tests.web.signing import entering
from tests.web.signing.entering import code_of, log_in, send

_CROSSING = {"auditdash", "auditdash-provider", "zone", "theme"}  # also come by a link elsewhere


@ON_SQLITE
def test_every_cookie_is_for_this_host_alone_and_for_no_script(
    client: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = client.application
    secret, _ = entering.give_app(app, add_alice(engine))
    sso = SingleSignOn(issuer="https://id.example", client_id="x")
    entering.change(app, secure_cookies=True, url="https://localhost", sso=sso)
    begun = Begun(address="https://id.example/", state="s", nonce="n", verifier="v")
    monkeypatch.setattr(provider, "begin", lambda *_given, **_named: begun)
    visitor, given = app.test_client(), dict[str, str]()
    for answer in (
        visitor.get("/login"),
        send(visitor, "/login", "/login/passkey/options"),
        visitor.get("/login/sso"),
        log_in(visitor),
        send(visitor, "/login/second", "/login/second", code=code_of(secret)),
        send(visitor, "/settings", "/settings/zone", zone="Europe/Berlin"),
        send(visitor, "/settings", "/settings/theme", theme="dark"),
    ):
        assert answer.status_code < 400, answer.text
        given |= {each.partition("=")[0]: each for each in answer.headers.getlist("Set-Cookie")}
    names = {name.removeprefix("__Host-") for name in given}
    parts = ("-form", "-challenge", "-provider", "-step", "-browser")
    assert names == {"zone", "theme", "auditdash"} | {f"auditdash{part}" for part in parts}
    for name, cookie in given.items():
        same = "Lax" if name.removeprefix("__Host-") in _CROSSING else "Strict"
        assert name.startswith("__Host-"), cookie
        assert {"Secure", "HttpOnly", "Path=/", f"SameSite={same}"} <= set(cookie.split("; "))
        assert "domain" not in cookie.lower()
    page = visitor.get("/settings").text
    assert 'data-theme="dark"' in page
    assert 'value="Europe/Berlin"' in page
