"""GET /api/{workspace}/audit_logs: what the clients of Mode's log are used to, point by point."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from auditdash.accounts.memberships import grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import ADMIN
from auditdash.accounts.tokens import INGEST, MEMBER, READ, NewToken, add_token, create_token
from auditdash.api.dialect import pages
from auditdash.events.instants import DAY, MINUTE, Instant, to_rfc3339
from auditdash.ingest.sources.mode import pull_now
from auditdash.ingest.sources.mode_login import Details, connect
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.schema import events
from tests.api.listening import listening
from tests.databases import ON_SQLITE, add_workspace
from tests.downloads.hostile import hostile_record
from tests.ingest.pulls import Time
from tests.make import NOW, make_record, one_of_each_action, store
from tests.queries.corpus import CLOCK

PATH = "/api/acme/audit_logs"
ALL = {"start_timestamp": "2020-01-01T00:00:00Z", "end_timestamp": "2027-01-01T00:00:00Z"}
Headers = dict[str, str]


def _basic(user: str, password: str) -> Headers:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def _token(engine: Engine, workspace_id: int, *scopes: str) -> str:
    with writing(engine) as connection:
        return create_token(connection, workspace_id, "siem", None, NOW, scopes or (READ,))


def _get(client: FlaskClient, headers: Headers, path: str = PATH, **given: str) -> TestResponse:
    return client.get(f"{path}?{urlencode(ALL | given)}", headers=headers)


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """A program, signed in by nothing but its token."""
    return app.test_client()


@pytest.fixture
def headers(engine: Engine, workspace_id: int) -> Headers:
    text = _token(engine, workspace_id)
    return _basic(text[:8], text)


def _fill(engine: Engine, workspace_id: int, *records: Any) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *records)


def test_a_page_has_the_records_as_they_came_and_leads_to_the_next(
    api: FlaskClient,
    headers: Headers,
    engine: Engine,
    workspace_id: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "ROWS", 7)
    _fill(engine, workspace_id, *one_of_each_action())
    found: list[Any] = []
    more: dict[str, str] = {}
    while True:
        answer = _get(api, headers, **more)
        assert answer.status_code == 200
        assert answer.content_type == "application/json"
        page = json.loads(answer.data)
        found += page["audit_logs"]
        if "next_token" not in page:
            break
        more = {"next_token": page["next_token"]}
        assert _get(api, headers, action="x", **more).status_code == 400
    expected = sorted(one_of_each_action(), key=lambda each: (each["timestamp"], each["id"]))
    assert found == expected


@ON_SQLITE
@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/hal+json", 406),
        ("text/html", 406),
        ("application/json", 401),
        ("*/*", 401),
        ("application/hal+json, application/json;q=0.5", 401),
    ],
)
def test_the_form_is_refused_before_the_token_is_looked_at(
    api: FlaskClient, workspace_id: int, accept: str, status: int
) -> None:
    answer = _get(api, {"Accept": accept, **_basic("a", "b")})
    assert answer.status_code == status
    assert answer.content_type.startswith("text/plain")


@ON_SQLITE
def test_only_a_workspace_token_of_this_workspace_that_may_read_comes_in(
    api: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        grant_role(connection, bob, workspace_id, ADMIN, NOW)
        new = NewToken(
            workspace_id=workspace_id, name="x", created_by=bob, kind=MEMBER, person_id=bob
        )
        member = add_token(connection, new, NOW)[1]
        other = add_workspace(connection, "other", "Other")
    good, elsewhere = _token(engine, workspace_id), _token(engine, other)
    sends = _token(engine, workspace_id, INGEST)
    tried = [
        (401, {}),
        (401, {"Authorization": f"Bearer {good}"}),
        (401, _basic(good[:8], good[:-1] + ("y" if good.endswith("x") else "x"))),
        (401, _basic("someone", good)),
        (401, _basic(member[:8], member)),
        (403, _basic(sends[:8], sends)),
        (404, _basic(elsewhere[:8], elsewhere)),
        (200, _basic(good[:8], good)),
    ]
    for status, header in tried:
        answer = _get(api, header)
        assert answer.status_code == status
        if status == 401:
            assert not answer.is_json
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
        if status in {403, 404}:
            assert answer.json is not None
            assert set(answer.json) == {"id", "message"}
    assert _get(api, _basic(good[:8], good), path="/api/v1/audit_logs").status_code == 404
    with reading(engine) as connection:
        found = connection.execute(select(events.c.record)).scalars().all()
    assert "".join(found).count("auditdash_access_refused") == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"start_timestamp": ""}, {"start_timestamp"}),
        ({"start_timestamp": "", "end_timestamp": "soon"}, {"start_timestamp", "end_timestamp"}),
        ({"start_timestamp": "2026-13-01T00:00:00Z"}, {"start_timestamp"}),
        ({"start_timestamp": "2028-01-01"}, {"end_timestamp"}),
        ({"ip": "10.0.0.0/8"}, {"ip"}),
        ({"next_token": "x"}, {"next_token"}),
        ({"next_token": "1.2.3.4.0123456789abcdef"}, {"next_token"}),
    ],
)
def test_bad_parameters_are_named_without_a_message(
    api: FlaskClient, headers: Headers, given: dict[str, str], wrong: set[str]
) -> None:
    answer = _get(api, headers, **given)
    assert answer.status_code == 400
    assert answer.json is not None
    assert set(answer.json) == {"errors"}
    assert set(answer.json["errors"]) == wrong


@ON_SQLITE
def test_moments_are_read_as_mode_reads_them(
    api: FlaskClient, headers: Headers, engine: Engine, workspace_id: int
) -> None:
    moments = ["2026-03-01T09:59:59.999999Z", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"]
    _fill(
        engine,
        workspace_id,
        *(make_record(id=str(number), timestamp=text) for number, text in enumerate(moments)),
    )
    for start, end, ids in (
        ("2026-03-01T10:00:00", "2026-03-01T11:00:00", ["1"]),
        ("2026-03-01T12:00:00+02:00", "2026-03-01T11:00:00.123456789Z", ["1", "2"]),
        ("2026-03-01", "2026-03-02", ["0", "1", "2"]),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", []),
    ):
        answer = _get(api, headers, start_timestamp=start, end_timestamp=end, unheard="of")
        assert answer.json is not None
        assert [each["id"] for each in answer.json["audit_logs"]] == ids


@ON_SQLITE
def test_each_filter_finds_what_it_names_and_nothing_else(
    api: FlaskClient, headers: Headers, engine: Engine, workspace_id: int
) -> None:
    hostile = 'pay"roll* \\ OR created:2020'
    actor = {"user_id": "bob", "username": "alice", "ip": "192.0.2.7"}
    entity = {"entity_type": "report", "entity_id": "pay", "entity_name": hostile}
    wanted = make_record(id="wanted", action="report_created", actor=actor, entity=entity)
    swapped = make_record(
        id="swapped",
        action="report_created_by_schedule",
        actor={"user_id": "alice", "username": "bob", "ip": "192.0.2.70"},
        entity={"entity_type": "reports", "entity_id": hostile, "entity_name": "pay"},
    )
    _fill(engine, workspace_id, wanted, swapped)
    for name, text in (
        ("action", "report_created"),
        ("entity_id", "pay"),
        ("entity_type", "report"),
        ("entity_name", hostile),
        ("username", "alice"),
        ("ip", "192.0.2.7"),
    ):
        answer = _get(api, headers, **{name: text})
        assert answer.json is not None
        assert [each["id"] for each in answer.json["audit_logs"]] == ["wanted"], name
    by_source = _get(api, headers, event_source="auditdash").json
    assert by_source is not None
    assert {each["action"] for each in by_source["audit_logs"]} == {"audit_log_accessed"}


def test_each_page_is_recorded_before_it_is_answered(
    api: FlaskClient, headers: Headers, engine: Engine, workspace_id: int
) -> None:
    _get(api, headers, action="report_created")
    _get(api, headers, start_timestamp="")
    query = parse("actor:token:siem")
    with reading(engine) as connection:
        told = list(iterate_events(connection, query, Scope(workspace_id=workspace_id), CLOCK))
    assert [(each.action, each.context["what"]) for each in told] == [
        ("audit_log_accessed", "mode-audit-logs")
    ]
    assert "report_created" in told[0].context["query"]


def test_auditdash_pulls_an_equal_archive_from_auditdash(
    app: Flask, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    """The records of the one are those of the other, to the byte, but for what was read since."""
    time, dice = Time(Instant(NOW + 7 * DAY)), random.Random(7)
    times = (to_rfc3339(Instant(NOW - number * 13 * MINUTE)) for number in range(400))
    rows = [make_record(id=f"e{number}", timestamp=text) for number, text in enumerate(times)]
    _fill(engine, workspace_id, *rows, *(hostile_record(dice, number) for number in range(300)))
    with writing(engine) as connection:
        copy = add_workspace(connection, "copy", "Copy")
    text = _token(engine, workspace_id)
    with listening(app) as address:
        details = Details(
            base_url=address,
            remote_workspace="acme",
            token=text[:8],
            secret=text,
            start_at=Instant(NOW - 5 * DAY),
        )
        with writing(engine) as connection:
            connect(connection, settings, copy, details, time.now)
        summary = pull_now(engine, settings, copy, around=time.around())
    assert summary.error is None
    within = events.c.occurred_at.between(details.start_at, time.now - 1)
    columns = (events.c.event_id, events.c.content_hash, events.c.occurred_at)
    wanted = select(*columns).where(events.c.source == "mode", within)
    echoes = select(events.c.event_id).where(events.c.source == "auditdash")
    with reading(engine) as connection:
        ours, theirs = (
            connection.execute(
                wanted.where(
                    events.c.workspace_id == number, events.c.event_id.not_in(echoes)
                ).order_by(events.c.occurred_at, events.c.event_id)
            ).all()
            for number in (workspace_id, copy)
        )
    assert ours == theirs
    assert len(ours) > 500
    assert summary.received > len(ours)  # among them the echoes of its own reading
