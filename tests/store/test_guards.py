"""Evidence cannot be changed or removed, whoever asks."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, exc, insert, text

from auditdash.store.engine import reading, writing
from auditdash.store.migrate import migrate
from auditdash.store.schema import metadata, record_dictionaries
from tests.databases import ON_POSTGRES, ON_SQLITE
from tests.make import make_record, store


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> Engine:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(), make_record(description="changed"))
    return engine


def _refused(engine: Engine, statement: str) -> None:
    with (
        pytest.raises(exc.DatabaseError, match="append-only"),
        writing(engine) as connection,
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize("table", ["events", "conflicts"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET record = '{{}}'", "UPDATE {} SET seq = 7", "DELETE FROM {}"]
)
def test_evidence_is_neither_changed_nor_removed(
    filled: Engine, table: str, statement: str
) -> None:
    _refused(filled, statement.format(table))


@pytest.mark.parametrize("statement", ["UPDATE {} SET created_at = 1", "DELETE FROM {}"])
def test_what_records_are_packed_by_is_neither_changed_nor_removed(
    filled: Engine, workspace_id: int, statement: str
) -> None:
    row = {"workspace_id": workspace_id, "id": 1, "created_at": 0, "bytes": b"x"}
    with writing(filled) as connection:
        connection.execute(insert(record_dictionaries), row)
    _refused(filled, statement.format("record_dictionaries"))


@ON_SQLITE
def test_replace_does_not_slip_past_the_guard(filled: Engine) -> None:
    _refused(filled, "REPLACE INTO events SELECT * FROM events")


@ON_POSTGRES
@pytest.mark.parametrize("table", ["events", "conflicts", "record_dictionaries"])
def test_truncate_is_refused(filled: Engine, table: str) -> None:
    _refused(filled, f"TRUNCATE {table} CASCADE")


@ON_POSTGRES
def test_the_role_of_a_replica_does_not_switch_the_guard_off(filled: Engine) -> None:
    _refused(filled, "SET LOCAL session_replication_role = replica; DELETE FROM conflicts")


def test_migrations_make_exactly_the_schema(engine: Engine) -> None:
    with reading(engine) as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(filled: Engine, database_url: str) -> None:
    migrate(database_url)
    with reading(filled) as connection:
        assert connection.execute(text("SELECT count(*) FROM events")).scalar_one() == 1


def test_a_reader_does_not_wait_for_a_writer(filled: Engine, workspace_id: int) -> None:
    with writing(filled) as writer:
        store(writer, workspace_id, make_record(id="unseen"))
        with reading(filled) as reader:
            assert reader.execute(text("SELECT count(*) FROM events")).scalar_one() == 1
