"""An import that is killed again and again loses nothing and doubles nothing."""

from __future__ import annotations

import random
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import Engine, func, select

from auditdash.cli import importing
from auditdash.ingest import delivery
from auditdash.ingest.intake import Taken, take_events
from auditdash.settings import Settings
from auditdash.store import schema
from auditdash.store.engine import reading
from auditdash.store.quarantine import list_rejected
from auditdash.store.receipts import list_receipts
from tests.databases import ON_SQLITE
from tests.index.equal import differences
from tests.journeys.kills import PATIENCE, kill_in_the_middle, run_command
from tests.journeys.raw import check_archive, find_archive
from tests.make import make_raw
from tests.people import signed_in
from tests.processes import Processes
from tests.serving import environment

KILLS = {"sqlite": 20, "postgresql": 6}  # the statements are the same on both
EVENTS = 1000
KNOWN, CONFLICTS, REJECTED = 34, 20, 15  # more lines of the file
AT_ONCE = 10


def take_slowly(*given: Any) -> Taken:
    """However fast the machine, the file is not at its end when the kill comes."""
    time.sleep(0.004)
    return take_events(*given)


def import_slowly(environ: dict[str, str], path: str, helpers: int, begun: Event) -> None:
    """`auditdash import FILE` in many steps, so that a kill finds it between any two."""
    with (
        patch.object(importing, "HELPERS", helpers),
        patch.object(delivery, "RECORDS_AT_ONCE", AT_ONCE),
        patch.object(delivery, "take_events", take_slowly),
    ):
        run_command(environ, ["import", path], begun)


def make_lines() -> list[bytes]:
    """Events, and among them some that are known, in conflict, or none."""
    lines = []
    for number in range(EVENTS):
        lines.append(make_raw(id=f"e{number}"))
        if number % 30 == 1:
            lines.append(make_raw(id=f"e{number}"))
        if number % 50 == 2:
            lines.append(make_raw(id=f"e{number}", description=f"other {number}"))
        if number % 70 == 3:
            lines.append(b'{"bad": %d}' % number)
    return lines


def count_received(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(
            connection.execute(
                select(func.coalesce(func.sum(schema.receipts.c.received), 0))
            ).scalar_one()
        )


def test_an_import_killed_at_random_moments_loses_and_doubles_nothing(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    app: Flask,
    processes: Processes,
    tmp_path: Path,
) -> None:
    path = tmp_path / "audit.ndjson"
    lines = make_lines()
    environ = environment(settings)
    dice, alive_when_killed, reached = random.Random(11), 0, []

    def wait_for_a_step() -> None:
        before, latest = count_received(engine), time.monotonic() + PATIENCE
        while count_received(engine) == before and time.monotonic() < latest:
            time.sleep(0.005)

    for number in range(KILLS[engine.dialect.name]):
        dice.shuffle(lines)  # so that each run meets new events everywhere
        path.write_bytes(b"\n".join(lines))
        alive_when_killed += kill_in_the_middle(
            processes,
            import_slowly,
            environ,
            str(path),
            2 if number % 5 == 2 else 0,
            latest=0.3,
            dice=dice,
            wait=wait_for_a_step if number % 5 else None,
        )
        with reading(engine) as connection:
            reached.append(
                connection.execute(select(func.count()).select_from(schema.events)).scalar_one()
            )
    assert alive_when_killed >= len(reached) - 2
    assert len(set(reached)) > len(reached) // 2, "the kills did not fall into the middle"
    begun = processes.Event()
    last = processes.Process(target=run_command, args=(environ, ["import", str(path)], begun))
    last.start()
    last.join(PATIENCE)
    assert last.exitcode == 2  # some were rejected, and it says so
    check(engine, workspace_id)
    check_pages(app, workspace_id)


def helpers_of(pid: int) -> list[int]:
    """The processes that a process has started to prepare its records."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    wanted = b"auditdash.ingest.preparing.child"
    return [int(each) for each in children if wanted in Path(f"/proc/{each}/cmdline").read_bytes()]


@ON_SQLITE
def test_helpers_of_an_import_that_is_killed_end_with_it(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    processes: Processes,
    tmp_path: Path,
) -> None:
    path = tmp_path / "audit.ndjson"
    path.write_bytes(b"\n".join(make_lines()))
    begun, latest = processes.Event(), time.monotonic() + 60
    given = (environment(settings), str(path), 2, begun)
    process = processes.Process(target=import_slowly, args=given)
    process.start()
    while count_received(engine) < 5 * AT_ONCE and time.monotonic() < latest:
        time.sleep(0.01)
    assert process.pid is not None
    helpers = helpers_of(process.pid)
    process.kill()
    process.join()
    assert len(helpers) == 2
    while any(Path(f"/proc/{pid}").exists() for pid in helpers):
        assert time.monotonic() < latest, "a helper goes on"
        time.sleep(0.01)


def check(engine: Engine, workspace_id: int) -> None:
    with reading(engine) as connection:
        assert check_archive(connection, workspace_id) == EVENTS
        assert set(find_archive(connection, workspace_id)) == {f"e{n}" for n in range(EVENTS)}
        newest = list_receipts(connection, workspace_id)[0]
        conflicts = connection.execute(select(schema.conflicts.c.record)).scalars().all()
        rejected = [row.record for row in list_rejected(connection, workspace_id, limit=100)]
    assert differences(engine, workspace_id) == []
    assert newest.finished_at is not None
    assert newest.received == EVENTS + KNOWN + CONFLICTS + REJECTED
    assert (newest.conflicting, newest.rejected) == (CONFLICTS, REJECTED)
    assert newest.added + newest.known == EVENTS + KNOWN
    assert len(conflicts) == len(set(conflicts)) == CONFLICTS
    assert len(rejected) == len(set(rejected)) == REJECTED


def check_pages(app: Flask, workspace_id: int) -> None:
    client = signed_in(app.test_client(), workspace_id)
    assert f"{EVENTS:,}" in client.get("/charts?q=source:mode").text
    intake = client.get("/intake").text
    assert f'Quarantine <span class="numbers muted">{REJECTED}</span>' in intake
    assert f'Conflicts <span class="numbers muted">{CONFLICTS}</span>' in intake
    rows = client.get("/downloads/events.ndjson?q=source:mode").text.splitlines()
    assert len(rows) == EVENTS
