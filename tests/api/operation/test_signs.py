"""Signs of life: what a monitor is told, and that it is told no more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, text, update

from auditdash.factory import create_app
from auditdash.index.keep_up import keep_up
from auditdash.operation.readiness import LAG_ALLOWED
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.schema import events, workspaces
from tests.make import make_record, store


def _store(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record())


def _count(engine: Engine, workspace_id: int, count: int) -> None:
    with writing(engine) as connection:
        wanted = update(workspaces).where(workspaces.c.id == workspace_id)
        connection.execute(wanted.values(last_seq=count))


def _age(engine: Engine, _workspace_id: int) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))


def _empty(engine: Engine, _workspace_id: int) -> None:
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE alembic_version"))


def _lag(engine: Engine, workspace_id: int) -> None:
    _count(engine, workspace_id, LAG_ALLOWED + 1)


def _put_back(engine: Engine, workspace_id: int) -> None:
    _store(engine, workspace_id)
    list(keep_up(engine, workspace_id))
    _count(engine, workspace_id, 0)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_age, "schema is 0003"),
        (_empty, "schema is not there"),
        (_lag, "5,001 stored events are not in it"),
        (_put_back, "of another database"),
    ],
)
def test_what_is_not_ready_says_why(
    app: Flask,
    engine: Engine,
    workspace_id: int,
    spoil: Callable[[Engine, int], None],
    says: str,
) -> None:
    visitor = app.test_client()
    _store(engine, workspace_id)  # one step behind is nothing to wait for
    ready = visitor.get("/readyz")
    assert (ready.status_code, ready.text) == (200, "ready\n")
    spoil(app.extensions["auditdash"].engine, workspace_id)
    answer = visitor.get("/readyz")
    assert (answer.status_code, answer.content_type) == (503, "text/plain; charset=utf-8")
    assert says in answer.text
    assert "acme" not in answer.text
    assert visitor.get("/healthz").text == "ok\n"


@pytest.mark.parametrize("address", ["postgresql://127.0.0.1:1/none", "sqlite:///{folder}"])
def test_a_process_lives_without_its_database_and_is_not_ready(
    tmp_path: Path, address: str
) -> None:
    settings = Settings.from_env({"AUDITDASH_INSTANCE": str(tmp_path / "instance")})
    url = address.format(folder=tmp_path)
    visitor = create_app(msgspec.structs.replace(settings, database_url=url)).test_client()
    assert visitor.get("/healthz").status_code == 200
    answer = visitor.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "The database does not answer.\n")


def test_nobody_is_asked_for_and_nothing_recorded(
    app: Flask, engine: Engine, workspace_id: int
) -> None:
    visitor = app.test_client()
    visitor.set_cookie("auditdash", "x" * 43)
    for path in ("/healthz", "/readyz"):
        answer = visitor.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert visitor.post(path).content_type == "application/problem+json"
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(events)).scalar_one() == 0
