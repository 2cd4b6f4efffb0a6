"""The same question at the same seq gives the same files: run after run, on both databases, and
wherever the clock of the machine stands."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, update

from auditdash.reports.kept import report_path
from auditdash.reports.run import run_next
from auditdash.settings import Settings
from auditdash.store.engine import open_engine, writing
from auditdash.store.schema import report_runs
from tests.databases import ON_POSTGRES, add_workspace
from tests.make import NOW, one_of_each_action, store
from tests.reports.papers import ask_for_all, attachment, find

RUNS = 1  # of each database in each zone; more by hand
_MACHINES = ("America/New_York", "Asia/Kolkata")


@contextmanager
def _machine_in(zone: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()


def _made(engine: Engine, settings: Settings, workspace_id: int, run_id: int) -> tuple[str, str]:
    """The hashes of the PDF and of its rows, made anew."""
    with writing(engine) as connection:
        again = {"state": "queued", "attempts": 0}
        connection.execute(update(report_runs).values(again).where(report_runs.c.id == run_id))
    assert run_next(engine, settings, NOW)
    run = find(engine, workspace_id, run_id)
    assert (run.state, run.error) == ("done", None)
    path = report_path(settings, run.file_name or "")
    rows = hashlib.sha256(attachment(path, "population.csv")).hexdigest()
    made = hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()
    return made, rows


@ON_POSTGRES
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_each_run_on_each_database_gives_the_same_bytes(
    engine: Engine, settings: Settings, sqlite_template: Path, tmp_path: Path, zone: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "other.db")
    other = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    found: list[tuple[str, str]] = []
    for number, database in enumerate((engine, other)):
        own = replace(settings, instance=tmp_path / f"instance-{number}")
        with writing(database) as connection:
            workspace_id = add_workspace(connection, "acme", "Acme")
            store(connection, workspace_id, *one_of_each_action("2026-10-25T00:59:59Z"))
        run_id = ask_for_all(database, workspace_id, zone=zone)
        for at in range(RUNS):
            with _machine_in(_MACHINES[(at + number) % len(_MACHINES)]):
                found.append(_made(database, own, workspace_id, run_id))
    other.dispose()
    assert len(found) == 2 * RUNS
    assert len(set(found)) == 1
