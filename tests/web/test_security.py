"""What holds for every address of the application, whoever wrote it."""

import json
import re

import msgspec
import pytest
from flask import Flask, Response, make_response
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from auditdash.events.instants import HOUR, Instant
from auditdash.factory import create_app
from auditdash.settings import Settings
from auditdash.store.engine import reading
from auditdash.store.installation import Installation
from auditdash.store.schema import events, receipts
from auditdash.web import readers
from auditdash.web.entry.headers import CONTENT_SECURITY_POLICY
from tests.databases import ON_SQLITE
from tests.make import NOW
from tests.people import signed_in

_PUBLIC = {
    "static",
    "signs.healthz",
    "signs.readyz",
    "metrics.metrics",
    "api_document.get_document",  # what the API can do, and of nobody anything
    "api_document.get_reference",
    "accounts.login",
    "accounts.log_in",
    "accounts.setup",
    "accounts.set_up",
    "second.page",
    "second.give",
    "passkey.options",
    "passkey.sign_in",
    "sso.begin",
    "sso.come_back",
}
_AS_MODE = {"dialect.audit_logs"}  # whose clients expect no JSON here
_STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def _rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or set())]


def _some(converter: BaseConverter) -> int | str:
    """A value that fits."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "x"


def _address(app: Flask, rule: Rule) -> str:
    values = {name: _some(converter) for name, converter in rule._converters.items()}
    address: str = app.url_map.bind("localhost").build(rule.endpoint, values)
    return address


@ON_SQLITE
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_nobody_gets_past_the_door(app: Flask, workspace_id: int, method: str) -> None:
    visitor = app.test_client()
    for rule in _rules(app, method):
        if rule.endpoint in _PUBLIC:
            continue
        answer = visitor.open(_address(app, rule), method=method)
        if rule.rule.startswith("/api/"):
            assert answer.status_code == 401, rule
            kind = "text/plain" if rule.endpoint in _AS_MODE else "application/problem+json"
            assert answer.mimetype == kind, rule
        else:
            assert answer.status_code == 303, rule
            assert answer.location.startswith("/login?next="), rule


@ON_SQLITE
def test_a_part_for_a_stranger_sends_the_whole_page_to_the_login(
    app: Flask, workspace_id: int
) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/settings?a=b"}
    answer = app.test_client().get("/settings", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=%2Fsettings%3Fa%3Db"
    assert answer.data == b""


@ON_SQLITE
def test_no_form_is_taken_without_its_token(client: FlaskClient) -> None:
    app = client.application
    del client.environ_base["HTTP_X_CSRF_TOKEN"]
    tried = 0
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for rule in _rules(app, method):
            if rule.rule.startswith("/api/"):
                continue
            for token in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 43}):
                answer = client.open(_address(app, rule), method=method, data=token)
                assert answer.status_code == 403, rule
                tried += 1
    assert tried > 30


@ON_SQLITE
def test_no_form_is_taken_from_another_site_even_with_its_token(client: FlaskClient) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for rule in _rules(client.application, "POST"):
            if not rule.rule.startswith("/api/"):
                answer = client.post(_address(client.application, rule), headers=headers)
                assert answer.status_code == 403, rule


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000])
def test_an_id_that_no_row_can_have_is_not_found(client: FlaskClient, number: str) -> None:
    app = client.application
    for rule in app.url_map.iter_rules():
        name = next((each for each in rule.arguments if each.endswith("id") or each == "seq"), None)
        if name is None:
            continue
        address = _address(app, rule).replace("1", number)
        method = "POST" if "POST" in (rule.methods or set()) else "GET"
        assert client.open(address, method=method).status_code == 404, rule


@ON_SQLITE
def test_every_answer_says_what_a_browser_may_do(client: FlaskClient) -> None:
    stranger = client.application.test_client()
    for path in ("/settings", "/login", "/nothing/here", "/api/v1/events", "/healthz", "/"):
        for answer in (client.get(path), stranger.get(path)):
            assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["X-Frame-Options"] == "DENY", path
            assert answer.headers["Referrer-Policy"] == "same-origin", path
            assert answer.headers["Cache-Control"] == "no-store", path
            assert "Access-Control-Allow-Origin" not in answer.headers, path
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; script-src 'self'; style-src")
    for part in ("object-src", "base-uri", "frame-ancestors"):
        assert f"{part} 'none'" in CONTENT_SECURITY_POLICY.split("; ")


@ON_SQLITE
def test_every_answer_says_what_it_is_and_every_page_lets_one_out(client: FlaskClient) -> None:
    pages = 0
    for visitor in (client, client.application.test_client()):
        for rule in _rules(client.application, "GET"):
            answer = visitor.get(_address(client.application, rule), buffered=True)
            kind = answer.mimetype or ""
            if answer.data:
                assert "/" in kind, rule
            if kind.startswith("text/") or kind.endswith("xml"):
                assert answer.mimetype_params["charset"] == "utf-8", rule
            if visitor is client and '<html lang="en"' in answer.text:
                assert 'action="/logout"' in answer.text or rule.endpoint in _PUBLIC, rule
                pages += 1
    assert pages > 50
    for path in ("css/base.css", "js/app.js", "icons/auditdash.svg"):
        with client.get(f"/static/{path}") as asset:
            assert asset.mimetype_params["charset"] == "utf-8", path


@ON_SQLITE
def test_a_session_opens_nothing_of_the_api(client: FlaskClient) -> None:
    for method in ("GET", "POST"):
        for rule in _rules(client.application, method):
            if rule.rule.startswith("/api/") and rule.endpoint not in _PUBLIC:
                answer = client.open(_address(client.application, rule), method=method)
                assert answer.status_code == 401, rule


@ON_SQLITE
def test_nobody_gets_their_own_request_back(client: FlaskClient) -> None:
    for path in ("/", "/settings", "/static/css/base.css", "/api/v1/events", "/healthz"):
        assert client.open(path, method="TRACE").status_code == 405, path


@ON_SQLITE
def test_assets_are_kept_for_long_and_change_their_address(client: FlaskClient) -> None:
    addresses = _STATIC.findall(client.get("/settings").text)
    assert len(addresses) > 5
    for address in addresses:
        assert re.search(r"\?v=[0-9a-f]{12}$", address), address
        with client.get(address) as answer, client.get(address.split("?")[0]) as plain:
            assert answer.status_code == 200, address
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
            assert plain.headers["Cache-Control"] == "no-cache", address
    missing = client.get("/static/nothing.js?v=1")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")


@ON_SQLITE
@pytest.mark.parametrize(
    "path",
    [
        "../app.py",
        "css/../../app.py",
        "..%2Fapp.py",
        "%2e%2e/app.py",
        "..%5Capp.py",
        "/app.py",
        "//etc/passwd",
        "css/%00",
        "css",
        "",
    ],
)
def test_no_path_of_an_asset_leads_out_of_their_folder(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code in {308, 404}


@ON_SQLITE
def test_secure_cookies_are_for_this_host_alone(app: Flask, workspace_id: int) -> None:
    found: Installation = app.extensions["auditdash"]
    settings = msgspec.structs.replace(found.settings, secure_cookies=True)
    app.extensions["auditdash"] = msgspec.structs.replace(found, settings=settings)
    cookie = app.test_client().get("/login").headers["Set-Cookie"]
    assert cookie.startswith("__Host-auditdash-form=")
    for word in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert word in cookie


@ON_SQLITE
def test_errors_answer_in_kind(client: FlaskClient) -> None:
    page = client.get("/nothing/here")
    assert (page.status_code, page.text.count("<html")) == (404, 1)
    part = client.get("/nothing/here", headers={"HX-Request": "true"})
    assert (part.status_code, part.text.count("<html")) == (404, 0)
    assert "HX-Request" in part.headers["Vary"]
    wrong = client.get("/logout")
    assert (wrong.status_code, sorted(wrong.allow)) == (405, ["OPTIONS", "POST"])
    problem = client.get("/api/v1/nothing")
    assert (problem.status_code, problem.content_type) == (404, "application/problem+json")
    assert json.loads(problem.text)["status"] == 404


@ON_SQLITE
def test_a_defect_says_nothing_of_itself(app: Flask, client: FlaskClient) -> None:
    def crash() -> str:
        raise RuntimeError("a secret detail")

    app.add_url_rule("/crash", view_func=crash)
    app.add_url_rule("/api/crash", endpoint="api_crash", view_func=crash)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    page, problem = client.get("/crash"), client.get("/api/crash")
    assert page.status_code == problem.status_code == 500
    assert "secret detail" not in page.text + problem.text
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert problem.content_type == "application/problem+json"


@ON_SQLITE
def test_a_form_that_is_too_large_is_refused(client: FlaskClient) -> None:
    client.application.config["MAX_CONTENT_LENGTH"] = 1000
    del client.environ_base["HTTP_X_CSRF_TOKEN"]
    answer = client.post("/settings/tokens", data={"token_name": "x" * 2000})
    assert answer.status_code == 413


def test_reading_the_log_is_an_event_of_its_own(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    def probe() -> Response:
        readers.record_access("timeline", "actor:<b>", page="2")
        readers.record_access("download")
        return make_response("seen")

    client.application.add_url_rule("/probe", view_func=probe)
    for _ in range(2):
        client.get("/probe", headers={"User-Agent": "Firefox\x01\udcff"})
    with reading(engine) as connection:
        records = connection.execute(select(events.c.record).order_by(events.c.seq)).scalars().all()
        receipt = connection.execute(select(receipts)).one()
    found = [json.loads(each) for each in records]
    assert [each["action"] for each in found] == ["audit_log_accessed"] * 4
    assert {each["actor"]["username"] for each in found} == {"alice"}
    assert {each["actor"]["ip"] for each in found} == {"127.0.0.1"}
    assert json.loads(records[0])["context"] == {
        "what": "timeline",
        "query": "actor:<b>",
        "page": "2",
    }
    assert (receipt.channel, receipt.received, receipt.added) == ("self", 4, 4)
    assert receipt.finished_at is None


def test_each_day_of_reading_has_one_receipt(client: FlaskClient, engine: Engine) -> None:
    def probe() -> Response:
        readers.record_access("timeline")
        return make_response("seen")

    app = client.application
    app.add_url_rule("/probe", view_func=probe)
    for hours in (0, 11, 13):
        later = Instant(NOW + hours * HOUR)
        found: Installation = app.extensions["auditdash"]
        app.extensions["auditdash"] = msgspec.structs.replace(found, now=lambda at=later: at)
        signed_in(client)
        assert client.get("/probe").status_code == 200
    with reading(engine) as connection:
        rows = connection.execute(select(receipts).order_by(receipts.c.id)).all()
    assert [(row.name, row.added, row.finished_at is None) for row in rows] == [
        ("Reading of 2026-11-23", 2, False),
        ("Reading of 2026-11-24", 1, True),
    ]


@ON_SQLITE
@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_an_address_that_a_header_claims_counts_only_behind_a_trusted_proxy(
    app: Flask, settings: Settings, engine: Engine, workspace_id: int, proxies: int, seen: str
) -> None:
    clock = app.extensions["auditdash"].now
    behind = create_app(msgspec.structs.replace(settings, trusted_proxies=proxies), now=clock)
    client = signed_in(behind.test_client(), workspace_id)
    client.get("/intake", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    with reading(engine) as connection:
        records = connection.execute(select(events.c.record)).scalars().all()
    behind.extensions["auditdash"].engine.dispose()
    assert [json.loads(each)["actor"]["ip"] for each in records] == [seen]
