"""A database of the first release, brought to the newest schema, answers as a new one does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import Engine, MetaData, create_engine, func, select, text

from auditdash.accounts.tokens import INGEST, find_token
from auditdash.cli.main import main
from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.factory import create_app
from auditdash.index.events import find_stored
from auditdash.index.keep_up import keep_up
from auditdash.reports.orders.order import decode_order, new_order, order_of
from auditdash.settings import Settings
from auditdash.store.copies.evidence import find_evidence
from auditdash.store.engine import open_engine, reading, writing
from auditdash.store.migrate import make_tables, migrate
from auditdash.store.records import open_records
from auditdash.store.report_runs import list_runs
from auditdash.store.schedules import find_schedule
from auditdash.store.schema import conflicts, events, quarantine
from auditdash.store.standing.guards import find_missing_guards
from tests.index.equal import differences
from tests.make import NOW
from tests.people import signed_in
from tests.serving import environment

_RESOURCE = Path(__file__).with_name("first_release")
# A schedule and a run of revision 0009.
_ASKED = (
    "INSERT INTO workspaces (id, slug, name, kind, zone, created_at, last_seq)"
    " VALUES (1, 'acme', 'Acme', 'real', 'UTC', 0, 0)",
    "INSERT INTO schedules (id, workspace_id, kind, zone, created_at, next_at, paused, frameworks)"
    " VALUES (1, 1, 'compliance', 'UTC', 0, 0, false, '')",
    "INSERT INTO report_runs (id, workspace_id, kind, period_start, period_end, zone, query,"
    " requested_by, requested_at, state, stage, attempts, highest_seq, frameworks) VALUES (1, 1,"
    " 'compliance', 1, 2, 'Asia/Tokyo', 'actor:ann', 'Ann', 0, 'done', 'Done', 1, 5, 'pci,dora')",
)
_TOKEN = "adt_3OAA5tzVItedaD7mv0NdCtb9Nsa0ksLgs6SN7L0UXi14yFwyI"


@pytest.fixture
def first_release(tmp_path: Path) -> Path:
    """Its SQLite file."""
    path = tmp_path / "first.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((_RESOURCE / "database.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded(request: pytest.FixtureRequest, first_release: Path, tmp_path: Path) -> Settings:
    """Settings of it, or of the same rows in PostgreSQL's schema of that time, after migrating."""
    env = {"AUDITDASH_INSTANCE": str(tmp_path / "instance")}
    if request.param == "sqlite":
        env["DATABASE_URL"] = f"sqlite:///{first_release}"
    else:
        env["DATABASE_URL"] = request.getfixturevalue("empty_postgres")
        _fill(env["DATABASE_URL"], first_release)
    settings = Settings.from_env(env)
    migrate(settings.database_url)
    return settings


def _fill(database_url: str, first_release: Path) -> None:
    old, rows = create_engine(f"sqlite:///{first_release}"), MetaData()
    rows.reflect(old)
    engine, places = open_engine(database_url), MetaData()
    with writing(engine) as connection, old.connect() as source:
        make_tables(connection, "0002")
        places.reflect(connection)
        for table in places.sorted_tables:
            found = source.execute(select(rows.tables[table.name])).mappings().all()
            if found and table.name != "alembic_version":
                connection.execute(table.insert(), [dict(row) for row in found])
        for name in ("workspaces", "receipts", "conflicts", "quarantine", "tokens"):
            number = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 9)"
            connection.execute(text(number))
    engine.dispose()
    old.dispose()


@pytest.fixture
def opened(upgraded: Settings) -> Iterator[Engine]:
    """An engine on it."""
    engine = open_engine(upgraded.database_url, upgraded.index_folder)
    yield engine
    engine.dispose()


def test_its_evidence_is_what_a_new_import_gives(
    opened: Engine, engine: Engine, settings: Settings
) -> None:
    with reading(opened) as connection:
        (old,) = find_evidence(connection)
        assert find_missing_guards(connection) == []
        assert connection.execute(select(func.count()).select_from(conflicts)).scalar() == 1
        assert connection.execute(select(quarantine.c.record)).scalar() == b'{"no": "event"}'
        stored, packing = select(events).order_by(events.c.seq), open_records(connection)
        rows = connection.execute(stored).all()
        again = [each.event for each in find_stored(connection, 1, "workspace", 1, 99)]
    records = {packing.raw(row.record) for row in rows}
    assert [each.content_hash for each in again] == [bytes(row.content_hash) for row in rows]
    assert (old.events, old.highest_seq) == (13, 13)
    file = _RESOURCE / "events.ndjson"
    assert {line.encode() for line in file.read_text(encoding="utf-8").split("\n")} > records
    CliRunner().invoke(main, ["import", str(file)], env=environment(settings))
    with reading(engine) as connection:
        (new,) = find_evidence(connection)
    assert new.digest == old.digest


def test_it_is_indexed_and_goes_on(upgraded: Settings, opened: Engine) -> None:
    list(keep_up(opened, 1))
    assert differences(opened, 1) == []
    file = str(_RESOURCE / "events.ndjson")
    done = CliRunner().invoke(main, ["import", file], env=environment(upgraded))
    assert "16 received = 0 new + 14 already known + 1 conflicting + 1 rejected" in done.stdout
    with reading(opened) as connection:
        token = find_token(connection, _TOKEN, NOW)
    assert token is not None
    assert token.scopes == INGEST


def test_its_pages_and_its_token_answer(upgraded: Settings) -> None:
    app = create_app(upgraded)
    visitor = app.test_client()
    assert visitor.get("/readyz").text == "ready\n"
    sent = visitor.post(
        "/api/v1/events",
        data=(_RESOURCE / "events.ndjson").read_bytes(),
        headers={"Authorization": f"Bearer {_TOKEN}"},
    )
    assert (sent.json or {})["known"] == 14
    assert "王小明" in signed_in(visitor, 1).get("/timeline?q=-actor:peter_parker").text
    app.extensions["auditdash"].engine.dispose()


def test_the_database_of_a_newer_version_is_refused_in_one_line(
    engine: Engine, settings: Settings
) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    done = CliRunner().invoke(main, ["migrate"], env=environment(settings))
    assert done.exit_code == 1
    assert "9999, which this version does not know" in done.stderr


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_reports_were_asked_for_stands_in_their_orders(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if kind == "postgres":
        url = request.getfixturevalue("empty_postgres")
    engine = open_engine(url)
    with writing(engine) as connection:
        make_tables(connection, "0009")
        for statement in _ASKED:
            connection.execute(text(statement))
    migrate(url)
    with reading(engine) as connection:
        (run,), schedule = list_runs(connection, 1), find_schedule(connection, 1, 1)
    engine.dispose()
    assert schedule is not None
    moment = Period(Instant(1), Instant(2))
    asked = new_order("compliance", period=moment, zone="Asia/Tokyo")
    then = tuple(name for name in asked.sections if name != "changes")  # a later one
    changes = {"query": "actor:ann", "frameworks": ("pci", "dora"), "sections": then}
    assert order_of(run) == replace(asked, **changes)
    monthly = new_order("compliance", period="last-month", zone="UTC")
    assert decode_order(schedule.order) == replace(monthly, frameworks=(), sections=then)
    assert (schedule.rhythm, schedule.when_empty, schedule.ended_at) == (
        "monthly 1 06:00",
        True,
        None,
    )
