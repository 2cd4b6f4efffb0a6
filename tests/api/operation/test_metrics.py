"""GET /metrics: the right numbers, in Prometheus' words, to whom they are for."""

from __future__ import annotations

import re

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert

from auditdash.accounts.tokens import create_token
from auditdash.events.instants import HOUR, MINUTE
from auditdash.factory import create_app
from auditdash.index.keep_up import keep_up
from auditdash.operation.exposition import Metric, exposition, sample
from auditdash.settings import Settings
from auditdash.store.engine import writing
from auditdash.store.schema import connections, report_runs, schedules
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, store

_TYPE = re.compile(r"# TYPE ([a-z_]+) (counter|gauge|histogram)")
_HELP = re.compile(r"# HELP ([a-z_]+) [^\n\\]+")
_LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
_SAMPLE = re.compile(rf"([a-z_]+)(\{{{_LABEL}(?:,{_LABEL})*\}})? ([0-9.e+-]+)")


def read_exposition(text: str) -> dict[str, float]:
    """Name with labels → number; a line that breaks the format, or its order, fails."""
    found: dict[str, float] = {}
    helped = kind = name = ""
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if match := _HELP.fullmatch(line):
            helped = match[1]
        elif match := _TYPE.fullmatch(line):
            name, kind = match[1], match[2]
            assert name == helped, line
            assert (kind == "counter") == name.endswith("_total"), line
        else:
            match = _SAMPLE.fullmatch(line)
            assert match, line
            suffix = match[1].removeprefix(name)
            assert suffix in ({"_bucket", "_sum", "_count"} if kind == "histogram" else {""}), line
            assert match[1] + (match[2] or "") not in found, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


def _read(client: FlaskClient, **how: object) -> dict[str, float]:
    answer = client.get("/metrics", **how)
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return read_exposition(answer.text)


def _fill(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(), make_record(id="2"), b"{}")
        store(connection, workspace_id, make_record())
        feed = {
            "workspace_id": workspace_id,
            "source": "mode",
            "base_url": "https://mode.example",
            "remote_workspace": "secret-name",
            "token": "secret-token",
            "sealed_secret": b"",
            "start_at": 0,
            "created_at": 0,
            "next_at": 0,
            "paused": False,
            "last_ok_at": NOW - 20 * MINUTE,
            "last_error": "no",
        }
        connection.execute(insert(connections), feed)
        schedule = {"workspace_id": workspace_id, "kind": "compliance", "zone": "UTC"}
        schedule |= {"created_at": 0, "next_at": 0, "paused": False}
        made = connection.execute(insert(schedules).returning(schedules.c.id), schedule)
        schedule_id = made.scalar_one()
        for number, state, schedule_of in (
            (1, "failed", schedule_id),
            (2, "done", schedule_id),
            (3, "failed", None),
            (4, "queued", None),
        ):
            run = {
                "workspace_id": workspace_id,
                "schedule_id": schedule_of,
                "slot": number,
                "kind": "compliance",
                "period_start": 0,
                "period_end": 1,
                "order": '{"query": "actor:secret"}',
                "requested_by": "alice",
                "requested_at": 0,
                "state": state,
                "stage": "",
                "finished_at": None if state == "queued" else NOW - HOUR,
            }
            connection.execute(insert(report_runs), run)


def test_the_numbers_of_an_installation(app: Flask, engine: Engine, workspace_id: int) -> None:
    _fill(engine, workspace_id)
    client = app.test_client()
    client.get("/nothing/here")
    found = _read(client)
    before_index = found.pop('auditdash_index_lag_events{workspace="acme"}')
    list(keep_up(app.extensions["auditdash"].engine, workspace_id))
    again = _read(client)
    expected = {
        "auditdash_database_up": 1,
        'auditdash_events_total{workspace="acme"}': 2,
        'auditdash_receipts_total{workspace="acme",channel="file"}': 2,
        'auditdash_receipts_broken_total{workspace="acme",channel="file"}': 0,
        'auditdash_records_total{workspace="acme",channel="file",became="added"}': 2,
        'auditdash_records_total{workspace="acme",channel="file",became="known"}': 1,
        'auditdash_records_total{workspace="acme",channel="file",became="rejected"}': 1,
        'auditdash_quarantine_records{workspace="acme"}': 1,
        'auditdash_feed_age_seconds{workspace="acme",source="mode"}': 1200,
        'auditdash_feed_last_success_timestamp_seconds{workspace="acme",source="mode"}': (
            (NOW - 20 * MINUTE) / 1_000_000
        ),
        'auditdash_feed_failing{workspace="acme",source="mode"}': 1,
        'auditdash_feed_paused{workspace="acme",source="mode"}': 0,
        'auditdash_report_last_success{workspace="acme",asked="schedule"}': 1,
        'auditdash_report_last_success{workspace="acme",asked="person"}': 0,
        'auditdash_http_requests_total{endpoint="none",status="404"}': 1,
        'auditdash_http_request_seconds_count{endpoint="none"}': 1,
        'auditdash_http_request_seconds_bucket{endpoint="none",le="+Inf"}': 1,
    }
    assert {name: found[name] for name in expected} == expected
    assert before_index == 2
    assert again['auditdash_index_lag_events{workspace="acme"}'] == 0
    assert again['auditdash_http_requests_total{endpoint="metrics.metrics",status="200"}'] == 1
    assert found["auditdash_database_bytes"] > 10_000
    assert found["auditdash_disk_free_bytes"] > 0
    text = client.get("/metrics").text
    assert not re.search(r"alice|secret|peter|127\.0\.0", text)


def test_strangers_need_a_token_and_see_its_workspace_alone(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        add_workspace(connection, "other", "Other")
        tokens = {
            scope: create_token(connection, workspace_id, scope, None, NOW, [scope])
            for scope in ("read", "ingest")
        }
    far = {"REMOTE_ADDR": "203.0.113.5"}
    client = app.test_client()
    for scope, status in (("", 401), ("ingest", 403), ("read", 200)):
        headers = {"Authorization": f"Bearer {tokens.get(scope, 'adt_no')}"}
        answer = client.get("/metrics", environ_base=far, headers=headers)
        assert answer.status_code == status
    found = read_exposition(answer.text)
    assert 'auditdash_events_total{workspace="acme"}' in found
    assert "auditdash_disk_free_bytes" in found
    assert "other" not in answer.text
    assert 'workspace="other"' in client.get("/metrics").text


@ON_SQLITE
@pytest.mark.parametrize(
    ("address", "headers", "proxies", "status"),
    [
        ("127.0.0.1", {}, 0, 200),
        ("127.8.0.1", {}, 0, 200),
        ("::1", {}, 0, 200),
        ("::ffff:127.0.0.1", {}, 0, 200),
        ("::ffff:203.0.113.5", {}, 0, 401),
        ("203.0.113.5", {}, 0, 401),
        ("", {}, 0, 401),
        ("127.0.0.1", {}, 1, 401),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 0, 401),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 0, 401),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 0, 401),
        ("203.0.113.5", {"X-Forwarded-For": "127.0.0.1"}, 1, 401),
    ],
)
def test_only_this_machine_itself_needs_no_token(
    settings: Settings, address: str, headers: dict[str, str], proxies: int, status: int
) -> None:
    app = create_app(msgspec.structs.replace(settings, trusted_proxies=proxies))
    answer = app.test_client().get(
        "/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers
    )
    assert answer.status_code == status
    app.extensions["auditdash"].engine.dispose()


@ON_SQLITE
def test_a_database_that_does_not_answer_is_a_number(settings: Settings) -> None:
    gone = msgspec.structs.replace(settings, database_url="postgresql://127.0.0.1:1/none")
    found = _read(create_app(gone).test_client())
    assert found["auditdash_database_up"] == 0
    assert "auditdash_disk_free_bytes" in found


def test_a_hostile_label_stays_a_label() -> None:
    hostile = 'a"} 1\nb{c="\\'
    text = exposition([Metric("a_total", "counter", "Some.", (sample(1, x=hostile),))]).decode()
    assert read_exposition(text) == {'a_total{x="a\\"} 1\\nb{c=\\"\\\\"}': 1}
