"""GET /api/v1/events: the same events as everywhere, for programs."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.tokens import INGEST, READ, create_token
from auditdash.downloads.cells import defuse
from auditdash.downloads.columns import COLUMNS
from auditdash.queries import stream
from auditdash.queries.timeline import find_events, find_highest_seq
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE, add_workspace
from tests.downloads.hostile import hostile_record
from tests.make import NOW, make_record, one_of_each_action, store
from tests.queries.corpus import CLOCK

PATH = "/api/v1/events"
SIZE = 2_500
_FILLED = len(one_of_each_action())
Headers = dict[str, str]


def _bearer(engine: Engine, workspace_id: int, *scopes: str) -> Headers:
    with writing(engine) as connection:
        token = create_token(connection, workspace_id, "siem", None, NOW, scopes)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """A program, signed in by nothing but its token."""
    return app.test_client()


@pytest.fixture
def reader(engine: Engine, workspace_id: int) -> Headers:
    return _bearer(engine, workspace_id, READ)


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> Engine:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
        store(connection, add_workspace(connection, "other", "Other"), make_record(id="theirs"))
    return engine


def _get(api: FlaskClient, address: str, headers: Headers) -> Any:
    answer = api.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def _walk(api: FlaskClient, address: str, headers: Headers) -> list[dict[str, Any]]:
    """All events, by following `Link` from page to page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = api.get(address, headers=headers)
        assert answer.status_code == 200, answer.text
        page = msgspec.json.decode(answer.data)
        found += page["events"]
        assert (page["next"] is None) == ("Link" not in answer.headers)
        if page["next"] is None:
            return found
        address = answer.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')


@pytest.mark.parametrize("limit", [1_000, 7])
def test_a_csv_equals_row_for_row_what_the_pages_say(
    api: FlaskClient, reader: Headers, engine: Engine, workspace_id: int, limit: int
) -> None:
    dice = random.Random(11)
    raws = [hostile_record(dice, number) for number in range(SIZE if limit > 7 else SIZE // 25)]
    raws = [raw for raw in raws if rb"\ud800" not in raw and rb"\udfff" not in raw]
    for start in range(0, len(raws), 900):
        with writing(engine) as connection:
            store(connection, workspace_id, *raws[start : start + 900])
    with reading(engine) as connection:
        highest = find_highest_seq(connection, Scope(workspace_id=workspace_id))
    for text in ("", "-category:exports bob", "category:exports OR role:*", "created:2026-11-23"):
        for order in ("", " sort:created-asc"):
            asked = f"{PATH}?q={quote(text + order)}&seq={highest}"
            table = api.get(asked, headers={**reader, "Accept": "text/csv"})
            rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
            events = _walk(api, f"{asked}&limit={limit}", reader)
            assert rows, text
            for row, event in zip(rows, events, strict=True):
                assert row == _cells(event)
            lines = api.get(asked, headers={**reader, "Accept": "application/x-ndjson"}).text
            records = [json.loads(line) for line in lines.split("\n")[:-1]]
            assert records == [event["record"] for event in events]


def _cells(event: dict[str, Any]) -> dict[str, str]:
    """What a CSV says of it."""
    context = event["context"]
    text = "" if context is None else msgspec.json.encode(context).decode()
    told = {**event, "context": text}
    return {name: defuse(str(told[name]) if told[name] is not None else "") for name in COLUMNS}


def test_a_walk_is_one_snapshot_whatever_comes_meanwhile(
    api: FlaskClient, reader: Headers, filled: Engine, workspace_id: int
) -> None:
    first = _get(api, f"{PATH}?limit=20", reader)
    with writing(filled) as connection:
        store(connection, workspace_id, make_record(id="new", timestamp="2026-03-02T09:10:00Z"))
    rest = _walk(api, f"{PATH}?limit=20&after={first['next']}", reader)
    assert [each["id"] for each in first["events"] + rest] == [
        f"each-{number:02}" for number in reversed(range(_FILLED))
    ]
    assert first["highest_seq"] == _FILLED


def test_a_tail_gives_each_event_once_as_they_come(
    api: FlaskClient, reader: Headers, filled: Engine, workspace_id: int
) -> None:
    seen: list[int] = []
    after, address = "0", f"{PATH}?order=seq&limit=20&q=-source:auditdash"
    for number in range(6):
        page = _get(api, f"{address}&after={after}", reader)
        seen += [each["seq"] for each in page["events"]]
        after = page["next"]
        if number == 3:
            with writing(filled) as connection:
                late = make_record(id="late", timestamp="2020-01-01T00:00:00Z")
                store(connection, workspace_id, late, make_record(id="x"))
    assert seen == sorted(set(seen))
    assert len(seen) == _FILLED + 2
    assert _get(api, f"{address}&after={after}", reader)["events"] == []


def test_long_records_make_short_pages(
    api: FlaskClient, reader: Headers, filled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_LONGEST_PAGE", 2_000)
    assert len(_get(api, f"{PATH}?limit=50&seq=50", reader)["events"]) < 10
    assert len(_walk(api, f"{PATH}?limit=50&seq=50", reader)) == 50
    tail = _get(api, f"{PATH}?order=seq&limit=50&seq=50", reader)
    assert tail["next"] == str(len(tail["events"]))


def test_each_page_is_recorded_before_it_is_answered(
    api: FlaskClient, reader: Headers, filled: Engine, workspace_id: int
) -> None:
    _walk(api, f"{PATH}?q=op:grant&limit=2", reader)
    _get(api, f"{PATH}?order=seq", reader)
    api.get(PATH, headers={**reader, "Accept": "text/csv"})
    with reading(filled) as connection:
        asked = parse("actor:token:siem sort:created-asc")
        scope = Scope(workspace_id=workspace_id)
        told = find_events(connection, asked, scope, CLOCK).events
        grants = find_events(connection, parse("op:grant"), scope, CLOCK).events
    said = [(each.context["what"], each.context["form"], each.context["query"]) for each in told]
    pages = -(-len(grants) // 2)
    assert said == [
        *[("api-events", "json", "op:grant")] * pages,
        ("api-events", "json", ""),
        ("api-events", "csv", ""),
    ]


def test_a_token_does_what_it_is_for_in_its_own_workspace(
    api: FlaskClient, filled: Engine, workspace_id: int
) -> None:
    only_sends = _bearer(filled, workspace_id, INGEST)
    only_reads = _bearer(filled, workspace_id, READ)
    both = _bearer(filled, workspace_id, INGEST, READ)
    refused = [api.get(PATH, headers=only_sends), api.post(PATH, headers=only_reads, data=b"{}")]
    assert [each.status_code for each in refused] == [403, 403]
    assert {each.content_type for each in refused} == {"application/problem+json"}
    assert api.get(PATH).status_code == 401
    assert api.post(PATH, headers=both, json=make_record(id="sent")).status_code == 200
    ids = {each["id"] for each in _walk(api, f"{PATH}?q=-source:auditdash", both)}
    assert "sent" in ids
    assert "theirs" not in ids
    told = [
        each["record"] for each in _walk(api, f"{PATH}?q=action:auditdash_access_refused", both)
    ]
    assert {each["actor"]["username"].partition(":")[0] for each in told} == {"token"}
    assert {(each["context"]["method"], each["context"]["reason"]) for each in told} == {
        ("GET", "the token may not read"),
        ("POST", "the token may not ingest"),
    }


@ON_SQLITE
@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ("q=actr:bob", "character 1"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("after=7", "after"),
        ("after=1.2.3.x", "after"),
        ("after=1.2.9.4&seq=3", "seq"),
        ("order=seq&after=-1", "after"),
        ("order=id", "order"),
        ("zone=Mars", ""),
        ("seq=99999999999999999999", "seq"),
        ("limits=5", "limits"),
        ("q=a&q=b", "q"),
    ],
)
def test_what_is_not_clear_is_a_problem_that_says_where(
    api: FlaskClient, reader: Headers, filled: Engine, arguments: str, where: str
) -> None:
    answer = api.get(f"{PATH}?{arguments}", headers=reader)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["where"] == where
    assert answer.json["expected"]
    if arguments.startswith("q=act"):
        assert (answer.json["position"], answer.json["nearest"]) == (0, "actor")


@ON_SQLITE
def test_what_has_not_changed_is_not_sent_again(
    api: FlaskClient, reader: Headers, filled: Engine
) -> None:
    first = api.get(f"{PATH}?seq=50", headers=reader)
    again = api.get(f"{PATH}?seq=50", headers={**reader, "If-None-Match": first.headers["ETag"]})
    other = api.get(f"{PATH}?seq=49", headers={**reader, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, other.status_code) == (304, b"", 200)


@ON_SQLITE
@pytest.mark.parametrize(
    ("accept", "status"), [("image/png", 406), ("*/*", 200), ("text/csv;q=0.1, */*;q=0.01", 200)]
)
def test_the_form_is_what_is_accepted(
    api: FlaskClient, reader: Headers, filled: Engine, accept: str, status: int
) -> None:
    assert api.get(PATH, headers={**reader, "Accept": accept}).status_code == status
    page = api.get(f"{PATH}?limit=5", headers={**reader, "Accept": "text/csv"})
    assert page.status_code == 400


@ON_SQLITE
def test_a_record_comes_to_the_byte(
    api: FlaskClient, reader: Headers, engine: Engine, workspace_id: int
) -> None:
    raw = json.dumps(
        make_record(id="x", description="\ud800=1", context__n=1.50), indent=1
    ).encode()
    with writing(engine) as connection:
        store(connection, workspace_id, raw)
    body = api.get(f"{PATH}?seq=1", headers=reader).data
    assert b'"record":' + raw + b"}]" in body
    assert json.loads(body)["events"][0]["description"] == "\ufffd=1"


def test_a_format_comes_as_lines_whole_or_by_pages_as_they_came(
    api: FlaskClient, reader: Headers, filled: Engine
) -> None:
    asked = f"{PATH}?q=-source:auditdash&format="
    whole = api.get(asked + "ocsf", headers={**reader, "Accept": "application/x-ndjson"})
    assert whole.mimetype == "application/x-ndjson"
    assert ".ocsf.ndjson" in whole.headers["Content-Disposition"]
    uids = [json.loads(line)["metadata"]["uid"] for line in whole.text.splitlines()]
    assert len(uids) == _FILLED
    address, told = f"{asked}ecs&order=seq&limit=20", []
    while lines := (page := api.get(address, headers=reader)).text.splitlines():
        told += [json.loads(line)["event"]["id"] for line in lines]
        address = page.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')
    assert told == uids[::-1]
    refused = api.get(asked + "ocsf", headers={**reader, "Accept": "text/csv"})
    assert refused.status_code == 406
    assert api.get(asked + "leef", headers=reader).status_code == 400
    assert api.get(asked + "ocsf&limit=5", headers=reader).status_code == 400
