"""POST /api/v1/events: the door for programs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from auditdash.accounts.tokens import create_token, list_tokens, revoke_token
from auditdash.factory import create_app
from auditdash.settings import Settings
from auditdash.store import schema
from auditdash.store.engine import reading, writing
from auditdash.store.receipts import list_receipts
from tests.databases import ON_SQLITE
from tests.make import NOW, make_raw, make_record, one_of_each_action

PATH = "/api/v1/events"


@pytest.fixture
def client(settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(settings)
    yield app.test_client()
    app.extensions["auditdash"].engine.dispose()


@pytest.fixture
def bearer(engine: Engine, workspace_id: int) -> dict[str, str]:
    with writing(engine) as connection:
        token = create_token(connection, workspace_id, "ci", None, NOW)
    return {"Authorization": f"Bearer {token}"}


def _count(engine: Engine) -> int:
    with reading(engine) as connection:
        found = connection.execute(select(func.count()).select_from(schema.events)).scalar_one()
        return int(found)


@pytest.mark.parametrize("form", ["one", "array", "lines", "gzip"])
def test_a_batch_is_answered_with_its_receipt_and_adds_nothing_twice(
    client: FlaskClient, bearer: dict[str, str], engine: Engine, form: str
) -> None:
    records = one_of_each_action() if form != "one" else [make_record()]
    body = {
        "one": lambda: json.dumps(records[0]).encode(),
        "array": lambda: json.dumps(records).encode(),
        "lines": lambda: b"\n".join(json.dumps(each).encode() for each in records),
        "gzip": lambda: gzip.compress(json.dumps(records).encode()),
    }[form]()
    count = len(records)
    first = client.post(PATH, data=body, headers=bearer)
    again = client.post(PATH, data=body, headers=bearer)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json is not None
    assert again.json is not None
    assert (first.json["received"], first.json["new"]) == (count, count)
    assert (again.json["new"], again.json["known"]) == (0, count)
    assert _count(engine) == count


def test_a_rejected_record_is_told_with_its_position(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    body = make_raw() + b"\n" + make_raw(id=7)
    answer = client.post(PATH, data=body, headers=bearer).json
    assert answer is not None
    assert answer["rejected"] == 1
    assert answer["rejections"] == [
        {
            "position": "line 2",
            "what": "it is a number",
            "where": "$.id",
            "expected": "a string or null",
        }
    ]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Bearer nonsense",
        "Basic YTpi",
        "Bearer adt_" + "0" * 49,
        "Bearer \u00e4",
    ],
)
def test_nobody_comes_in_without_a_token(
    client: FlaskClient, bearer: dict[str, str], engine: Engine, header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}
    answer = client.post(PATH, data=make_raw(), headers=headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert _count(engine) == 0


def test_a_revoked_token_opens_nothing(
    client: FlaskClient, bearer: dict[str, str], engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        (token,) = list_tokens(connection, workspace_id)
        revoke_token(connection, workspace_id, token.id, NOW)
    assert client.post(PATH, data=make_raw(), headers=bearer).status_code == 401


def test_what_cannot_be_read_is_a_problem_with_the_receipt_so_far(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    answer = client.post(PATH, data=gzip.compress(make_raw())[:-5], headers=bearer)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert "damaged" in answer.json["detail"]
    assert answer.json["receipt"]["received"] == 0


def test_too_much_is_refused(client: FlaskClient, bearer: dict[str, str], engine: Engine) -> None:
    client.application.config["MAX_CONTENT_LENGTH"] = 1000
    answer = client.post(PATH, data=make_raw(description="x" * 2000), headers=bearer)
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"
    assert _count(engine) == 0


@pytest.mark.parametrize(
    ("environ", "limit", "status"),
    [
        ({"CONTENT_LENGTH": "5000"}, 10_000, 400),  # breaks off
        ({"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}, 1_000, 413),  # comes in chunks
    ],
)
def test_a_body_that_ends_early_closes_its_receipt_and_says_why(
    client: FlaskClient,
    bearer: dict[str, str],
    engine: Engine,
    workspace_id: int,
    environ: dict[str, Any],
    limit: int,
    status: int,
) -> None:
    client.application.config["MAX_CONTENT_LENGTH"] = limit
    lines = b"".join(make_raw(id=str(number)) + b"\n" for number in range(5))
    answer = client.post(PATH, data=lines, headers=bearer, environ_overrides=environ)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["status"] == status
    with reading(engine) as connection:
        (receipt,) = list_receipts(connection, workspace_id)
    assert receipt.finished_at is not None
    assert "the body" in (receipt.error or "")
    assert receipt.received == answer.json["receipt"]["received"]


@ON_SQLITE
def test_a_stranger_never_waits_for_the_write_lock(
    client: FlaskClient, bearer: dict[str, str], engine: Engine
) -> None:
    with writing(engine):
        answer = client.post(PATH, data=make_raw(), headers={"Authorization": "Bearer adt_x"})
    assert answer.status_code == 401


def test_a_bomb_is_refused(settings: Settings, bearer: dict[str, str], engine: Engine) -> None:
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")
    app = create_app(msgspec.structs.replace(settings, max_unpacked_bytes=4_000_000))
    answer = app.test_client().post(PATH, data=bomb, headers=bearer)
    app.extensions["auditdash"].engine.dispose()
    assert answer.status_code == 400
    assert answer.json is not None
    assert "too large" in answer.json["detail"]
    assert _count(engine) == 0


def test_other_methods_and_paths_are_problems_too(client: FlaskClient) -> None:
    assert client.put(PATH).content_type == "application/problem+json"
    assert "POST" in client.put(PATH).headers["Allow"]
    assert client.get("/api/v1/nothing").content_type == "application/problem+json"
