"""The REST API: the numbers of the pages, for programs."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.memberships import grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import ADMIN
from auditdash.accounts.tokens import INGEST, MEMBER, READ, NewToken, add_token, create_token
from auditdash.api.document.document import find_operations
from auditdash.events.event import Event
from auditdash.events.instants import parse_instant
from auditdash.factory import create_app
from auditdash.queries.stream import iterate_events
from auditdash.reports.run import run_next
from auditdash.search.match import matches
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.saved_searches import add_saved_search
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, one_of_each_action, store
from tests.people import add_alice, add_to_all
from tests.queries.corpus import CLOCK
from tests.queries.random_events import scatter

Headers = dict[str, str]
_V1 = "/api/v1"
_MINE = " -source:auditdash"
_ASKED = ("category:exports", "actor:bob OR category:collections", "-op:grant created:2026-03")


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """A program, signed in by nothing but its token."""
    return app.test_client()


@pytest.fixture
def headers(engine: Engine, workspace_id: int) -> Headers:
    with writing(engine) as connection:
        token = create_token(connection, workspace_id, "siem", None, NOW, (INGEST, READ))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> list[Event]:
    """Random events beside one of each action, and as they are."""
    scatter(engine, workspace_id, "2026-02-20T00:00:00Z", "2026-04-01T00:00:00Z", 300)
    with writing(engine) as connection:
        fresh = make_record(id="fresh", entity__entity_id="fresh-1")
        store(connection, workspace_id, *one_of_each_action(), fresh)
    with reading(engine) as connection:
        scope = Scope(workspace_id=workspace_id)
        return list(iterate_events(connection, Query(), scope, CLOCK))


def _get(api: FlaskClient, path: str, headers: Headers, **given: str) -> Any:
    answer = api.get(f"{_V1}{path}?{urlencode(given)}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def _rows(api: FlaskClient, path: str, headers: Headers) -> list[dict[str, str]]:
    answer = api.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def test_histogram_and_facets_are_what_one_counts_by_hand(
    api: FlaskClient, headers: Headers, filled: list[Event]
) -> None:
    clock = Clock(NOW, CLOCK.zone)
    for text in _ASKED:
        asked = {"q": text + _MINE, "zone": CLOCK.zone.key}
        found = [each for each in filled if matches(parse(text).node, each, clock)]
        histogram = _get(api, "/histogram", headers, **asked, unit="day")
        assert histogram["total"] == len(found) > 0
        counts: Counter[str] = Counter()
        for bucket in histogram["buckets"]:
            counts.update(bucket["counts"])
            assert bucket["total"] == sum(bucket["counts"].values())
        assert counts == Counter(each.category for each in found)
        facets = _get(api, "/facets", headers, **asked, fields="outcome,source", top="100")
        assert facets["total"] == len(found)
        assert [each["field"] for each in facets["facets"]] == ["outcome", "source"]
        outcomes = {each["value"]: each["count"] for each in facets["facets"][0]["values"]}
        assert outcomes == Counter(each.outcome for each in found)
        lines = api.get(
            f"{_V1}/facets?{urlencode({**asked, 'fields': 'outcome'})}",
            headers=headers | {"Accept": "application/x-ndjson"},
        ).text.splitlines()
        assert {(row := json.loads(line))["value"]: row["count"] for line in lines} == outcomes


@pytest.mark.parametrize(
    ("path", "page", "member"),
    [
        ("/summaries/exports", "/summaries/exports/people.csv", "people"),
        ("/summaries/exports?table=reports", "/summaries/exports/reports.csv", "reports"),
        ("/summaries/permission-changes", "/summaries/permissions.csv", "changes"),
        ("/access", "/access/standing.csv", "access"),
        (
            "/access?kind=workspace",
            "/access/one.csv?kind=workspace",
            "access",
        ),
    ],
)
def test_rows_are_those_of_the_files_of_the_pages_in_each_form(
    api: FlaskClient,
    client: FlaskClient,
    headers: Headers,
    filled: list[Event],
    path: str,
    page: str,
    member: str,
) -> None:
    of_page = _rows(client, page, {})
    assert of_page
    assert _rows(api, _V1 + path, headers | {"Accept": "text/csv"}) == of_page
    lines = api.get(_V1 + path, headers=headers | {"Accept": "application/x-ndjson"}).text
    objects = [json.loads(line) for line in lines.splitlines()]
    assert [{name: _text(value) for name, value in each.items()} for each in objects] == of_page
    found: list[dict[str, Any]] = []
    address = f"{_V1}{path}{'&' if '?' in path else '?'}limit=7"
    if member in {"people", "reports"}:
        whole = api.get(address.replace("limit=7", "limit=1000"), headers=headers).json
        assert whole is not None
        assert whole[member] == objects
        return
    while address:
        answer = api.get(address, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        found += answer.json[member]
        assert answer.json["total"] == len(of_page)
        link = answer.headers.get("Link", "")
        assert bool(link) == (answer.json["next"] is not None)
        address = link.removeprefix("<").removesuffix('>; rel="next"')
    assert found == objects


@ON_SQLITE
def test_access_is_that_of_the_end_of_the_day(
    api: FlaskClient, headers: Headers, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(timestamp="2026-03-08T22:30:00Z"))
    totals = {
        at: _get(api, "/access", headers, at=at, zone="Europe/Berlin")["total"]
        for at in ("2026-03-07", "2026-03-08", "2026-03-08T22:29:59Z", "2026-03-08T22:30:00Z")
    }
    assert list(totals.values()) == [0, 1, 0, 1]
    wrong = api.get(f"{_V1}/access?at=soon", headers=headers)
    assert wrong.status_code == 400
    assert wrong.json is not None
    assert wrong.json["where"] == "at"


@ON_SQLITE
def test_whoever_asks_again_gets_304_until_something_else_has_come(
    api: FlaskClient, headers: Headers, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
    summaries = ("/summaries/exports", "/summaries/permission-changes")
    for path in ("/events", "/histogram", "/facets", *summaries):
        more = "fields=actor&" if path == "/facets" else ""
        address = f"{_V1}{path}?{more}q={quote('created:2026' + _MINE)}"
        mark = api.get(address, headers=headers).headers["ETag"]
        asked = headers | {"If-None-Match": mark}
        assert api.get(address, headers=asked).status_code == 304, path
    with writing(engine) as connection:
        export = make_record(id="more", action="export_data_sql_exported")
        store(connection, workspace_id, export)
    address = f"{_V1}/histogram?q={quote('created:2026' + _MINE)}"
    assert api.get(address, headers=asked).status_code == 200


@ON_SQLITE
@pytest.mark.parametrize("comes", [{}, {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}])
def test_an_order_of_a_report_that_is_too_long_is_not_read(
    api: FlaskClient, headers: Headers, comes: dict[str, Any]
) -> None:
    body = b" " * 200_000 + b"{}"
    answer = api.post(f"{_V1}/reports", headers=headers, data=body, environ_overrides=comes)
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")


@ON_SQLITE
def test_answers_are_packed_for_who_understands_it(
    api: FlaskClient, headers: Headers, filled: list[Event]
) -> None:
    for path, accept in (
        ("/events?limit=100&seq=300", "application/json"),
        ("/events?seq=300", "text/csv"),
        ("/summaries/permission-changes?seq=300", "application/x-ndjson"),
    ):
        asked = headers | {"Accept": accept}
        plain = api.get(_V1 + path, headers=asked)
        packed = api.get(_V1 + path, headers=asked | {"Accept-Encoding": "gzip"})
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data) / 2


@ON_SQLITE
def test_no_operation_opens_without_what_it_needs(
    app: Flask, api: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        grant_role(connection, bob, workspace_id, ADMIN, NOW)
        new = NewToken(
            workspace_id=workspace_id, name="x", created_by=bob, kind=MEMBER, person_id=bob
        )
        member = {"Authorization": f"Bearer {add_token(connection, new, NOW)[1]}"}
    seen = 0
    for each in find_operations(app):
        spec = each.operation
        if spec.tag in {"Description", "Mode"}:
            continue
        path = each.path
        for name, _ in each.parts:
            path = path.replace(f"{{{name}}}", "1")
        assert api.open(path, method=each.method.upper()).status_code == 401, path
        answer = api.open(path, method=each.method.upper(), headers=member)
        assert (answer.status_code == 403) == (spec.scope is not None), path
        seen += 1
    assert seen > 14


@ON_SQLITE
def test_searches_are_those_that_are_shared_and_ones_own(
    api: FlaskClient, headers: Headers, engine: Engine, workspace_id: int
) -> None:
    alice = add_alice(engine)
    add_to_all(engine, alice)
    with writing(engine) as connection:
        for name, shared in (("mine", False), ("ours", True)):
            add_saved_search(
                connection,
                workspace_id=workspace_id,
                person_id=alice,
                name=name,
                query="op:grant",
                zone="UTC",
                shared=shared,
                now=NOW,
            )
        new = NewToken(
            workspace_id=workspace_id, name="x", created_by=alice, kind=MEMBER, person_id=alice
        )
        own = {"Authorization": f"Bearer {add_token(connection, new, NOW)[1]}"}
    for header, names in ((headers, ["ours"]), (own, ["mine", "ours"])):
        found = _get(api, "/searches", header)["searches"]
        assert [each["name"] for each in found] == names
        for each in found:
            assert _get(api, f"/searches/{each['id']}", header) == each
    assert api.get(f"{_V1}/searches/1", headers=headers).status_code == 404
    assert _get(api, "/token", own)["kind"] == "member"
    with writing(engine) as connection:
        sends = {
            "Authorization": f"Bearer {create_token(connection, workspace_id, 'x', None, NOW)}"
        }
    for path in ("/searches", "/searches/2"):
        assert api.get(_V1 + path, headers=sends).status_code == 403


@ON_SQLITE
def test_a_report_is_asked_for_watched_and_taken(
    api: FlaskClient, headers: Headers, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
        elsewhere = add_workspace(connection, "other", "Other")
        stranger = create_token(connection, elsewhere, "x", None, NOW, (READ,))
    period = {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}
    body = {"period": period, "query": "category:exports", "title": "For <b>Q1</b>"}
    made = api.post(f"{_V1}/reports", json=body, headers=headers)
    assert made.status_code == 201, made.text
    address = made.headers["Location"]
    assert made.json is not None
    assert (made.json["state"], made.json["file"]) == ("queued", None)
    assert api.get(f"{address}/file", headers=headers).status_code == 404
    assert run_next(engine, settings, NOW)
    done = api.get(address, headers=headers).json
    assert done is not None
    assert done["state"] == "done", done
    assert _get(api, "/reports", headers)["reports"] == [done]
    file = api.get(done["file"], headers=headers)
    assert file.data.startswith(b"%PDF")
    assert len(file.data) == done["size"]
    file.close()
    other = {"Authorization": f"Bearer {stranger}"}
    for path in (address, f"{address}/file"):
        assert api.get(path, headers=other).status_code == 404
    wrongs: tuple[Any, ...]
    wrongs = ({"kind": "none"}, {"period": "soon"}, {"frameworks": ["x"]}, {"odd": 1}, [], 7)
    for wrong in wrongs:
        answer = api.post(f"{_V1}/reports", json=wrong, headers=headers)
        assert answer.status_code == 400, wrong
        assert answer.content_type == "application/problem+json"


@ON_SQLITE
def test_one_request_too_many_is_told_when_to_come_again(
    settings: Settings, engine: Engine, workspace_id: int
) -> None:
    app = create_app(msgspec.structs.replace(settings, api_reads=3), now=lambda: NOW)
    with writing(engine) as connection:
        text = create_token(connection, workspace_id, "siem", None, NOW, (READ,))
    headers, api = {"Authorization": f"Bearer {text}"}, app.test_client()
    answers = [api.get(f"{_V1}/token", headers=headers) for _ in range(4)]
    app.extensions["auditdash"].engine.dispose()
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"read";q=3;w=60'
    assert answers[0].headers["RateLimit"] == '"read";r=2;t=20'
    assert answers[3].headers["Retry-After"] == "20"
    assert answers[3].content_type == "application/problem+json"


@ON_SQLITE
def test_what_cannot_be_asked_is_a_problem(api: FlaskClient, headers: Headers) -> None:
    for path, where in (
        ("/histogram?unit=fortnight", "unit"),
        ("/facets?fields=actor,colour", "fields"),
        ("/facets?top=0", "top"),
        ("/summaries/exports?table=all", "table"),
        ("/summaries/permission-changes?after=1", "after"),
        ("/access?after=1.2", "after"),
        ("/access?kind=person", "kind"),
        ("/access?kind=", "kind"),
        ("/access?q=ip:10.0.0.1", "character 1"),
        ("/token?x=1", "x"),
        ("/facets?top=1&top=2", "top"),
        ("/reports?after=0", "after"),
    ):
        answer = api.get(_V1 + path, headers=headers)
        assert answer.status_code == 400, path
        assert answer.json is not None
        assert answer.json["where"] == where
    refused = api.get(f"{_V1}/facets", headers=headers | {"Accept": "image/png"})
    assert refused.status_code == 406


def test_the_days_of_coverage_are_those_that_a_search_finds(
    api: FlaskClient, headers: Headers, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        for stamp in ("2026-11-01T12:00:00Z", "2026-11-20T23:30:00Z", "2026-11-18T12:00:00Z"):
            record, came = make_record(id=stamp, timestamp=stamp), parse_instant(stamp)
            store(connection, workspace_id, record, source="okta", now=came)
    found = _get(api, "/coverage", headers, zone="Europe/Berlin", source="okta")
    assert (found["feeds"], found["days"]["pulled"]) == ([], False)
    (okta,) = found["sources"]
    assert (okta["source"], okta["state"], okta["silences"]) == ("okta", "unknown", [])
    days = {day["on"]: day for day in found["days"]["days"]}
    assert {on: day["events"] for on, day in days.items() if day["events"]} == {
        "2026-11-01": 1,
        "2026-11-18": 1,
        "2026-11-21": 1,
    }
    assert (days["2026-11-18"]["late"], days["2026-11-23"]["state"]) == (1, "open")
    query = days["2026-11-21"]["query"]
    assert len(_get(api, "/events", headers, q=query, zone="Europe/Berlin")["events"]) == 1
    assert api.get(f"{_V1}/coverage?until=x", headers=headers).status_code == 400
