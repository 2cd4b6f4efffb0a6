"""CloudEvents 1.0 as records: single, in a batch, and in binary mode."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.tokens import INGEST, create_token
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.store.engine import reading, writing
from tests.make import NOW, make_record
from tests.queries.corpus import CLOCK

PATH = "/api/v1/events"
SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
EVENT = {
    "specversion": "1.0",
    "id": "7",
    "source": "/billing",
    "type": "invoice_paid",
    "time": "2026-03-08T09:00:00Z",
    "subject": "invoice-12",
    "traceparent": "00-abc",
    "data": {"actor": {"username": "alice"}, "context": {"amount": 3}},
}


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """A program."""
    return app.test_client()


@pytest.fixture
def headers(engine: Engine, workspace_id: int) -> dict[str, str]:
    with writing(engine) as connection:
        text = create_token(connection, workspace_id, "ci", None, NOW, (INGEST,))
    return {"Authorization": f"Bearer {text}"}


def _send(api: FlaskClient, headers: dict[str, str], kind: str, body: object) -> Any:
    sent = {**headers, "Content-Type": f"{kind}; charset=utf-8"}
    answer = api.post(PATH, data=json.dumps(body), headers=sent)
    assert answer.status_code == 200, answer.text
    return answer.json


def _stored(engine: Engine, workspace_id: int) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        query, scope = parse("sort:created-asc"), Scope(workspace_id=workspace_id)
        found = list(iterate_events(connection, query, scope, CLOCK))
    return [json.loads(each.record) for each in found]


def test_a_single_event_is_a_record_that_keeps_its_attributes(
    api: FlaskClient, headers: dict[str, str], engine: Engine, workspace_id: int
) -> None:
    assert _send(api, headers, SINGLE, EVENT)["new"] == 1
    assert _send(api, headers, SINGLE, EVENT)["known"] == 1
    attributes = {name: value for name, value in EVENT.items() if name != "data"}
    assert _stored(engine, workspace_id) == [
        {
            "actor": {"username": "alice"},
            "context": {"amount": 3},
            "id": "/billing#7",
            "action": "invoice_paid",
            "timestamp": "2026-03-08T09:00:00Z",
            "entity": {"entity_type": None, "entity_id": "invoice-12"},
            "cloudevent": attributes,
        }
    ]


def test_what_the_data_says_of_itself_holds(
    api: FlaskClient, headers: dict[str, str], engine: Engine, workspace_id: int
) -> None:
    record = make_record(id="own")
    _send(api, headers, SINGLE, EVENT | {"data": record})
    (stored,) = _stored(engine, workspace_id)
    assert {name: stored[name] for name in record} == record


def test_of_a_batch_each_is_judged_for_itself(
    api: FlaskClient, headers: dict[str, str], engine: Engine, workspace_id: int
) -> None:
    packed = base64.b64encode(b'{"actor": {"username": "bob"}}').decode()
    plain = {name: value for name, value in EVENT.items() if name != "data"}
    batch: list[Any] = [
        EVENT,
        plain | {"id": "8", "data_base64": packed},
        plain | {"id": "9"},
        plain | {"id": "10", "specversion": "0.3"},
        plain | {"id": ""},
        plain | {"id": "11", "data": "text"},
        plain | {"id": "12", "data_base64": "?"},
        plain | {"id": "13", "data": {}, "data_base64": packed},
        {name: value for name, value in plain.items() if name != "time"} | {"id": "14"},
        7,
    ]
    receipt = _send(api, headers, BATCH, batch)
    assert (receipt["new"], receipt["rejected"]) == (3, 7)
    assert [(each["position"], each["where"]) for each in receipt["rejections"]] == [
        ("item 4", "$.specversion"),
        ("item 5", "$.id"),
        ("item 6", "$.data"),
        ("item 7", "$.data_base64"),
        ("item 8", "$.data_base64"),
        ("item 9", "$.timestamp"),
        ("item 10", "$"),
    ]
    names = {
        each["id"]: each.get("actor", {}).get("username") for each in _stored(engine, workspace_id)
    }
    assert names == {"/billing#7": "alice", "/billing#8": "bob", "/billing#9": None}
    assert _send(api, headers, BATCH, [])["received"] == 0


def test_in_binary_mode_the_headers_are_the_attributes(
    api: FlaskClient, headers: dict[str, str], engine: Engine, workspace_id: int
) -> None:
    sent = headers | {f"ce-{name}": str(value) for name, value in EVENT.items() if name != "data"}
    sent["Content-Type"] = "application/json"
    answer = api.post(PATH, data=json.dumps(EVENT["data"]), headers=sent)
    assert answer.json is not None
    assert answer.json["new"] == 1, answer.text
    by_headers = _stored(engine, workspace_id)
    assert _send(api, headers, SINGLE, EVENT)["known"] == 1
    assert by_headers == _stored(engine, workspace_id)
    broken = api.post(PATH, data=b"<xml/>", headers=sent | {"ce-id": "8"})
    assert broken.json is not None
    assert broken.json["rejected"] == 1
