"""A worker that is killed again and again makes each scheduled report exactly once."""

from __future__ import annotations

import hashlib
import random
from multiprocessing.synchronize import Event
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select

from auditdash import jobs
from auditdash.events.instants import DAY, MINUTE, Instant, now, to_rfc3339
from auditdash.events.periods import previous_month
from auditdash.reports.kept import report_path
from auditdash.reports.sending.rhythm import next_slot, parse_rhythm
from auditdash.settings import Settings
from auditdash.store import schema
from auditdash.store.engine import open_engine, reading, writing
from auditdash.store.report_runs import list_runs, retry_run
from tests.journeys.kills import kill_in_the_middle
from tests.make import make_record, store
from tests.processes import Processes
from tests.reports.schedules import MONTHLY, add_schedule, make_plan

KILLS = 12
KILLS_ON_POSTGRES = 4  # the claims are the same statements; this only shows that they hold
MISSED_MONTHS = 3
UTC = ZoneInfo("UTC")


def work(settings: Settings, shift: int, begun: Event) -> None:
    """What the killed process runs: a worker whose clock is ahead, so that old leases are over."""
    engine = open_engine(settings.database_url)
    engine.connect().close()
    begun.set()
    jobs.run_due(engine, settings, lambda: Instant(now() + shift))


def _prepare(engine: Engine, workspace_id: int) -> Instant:
    """Some hundred events, and a monthly schedule that was not served for three months."""
    first = previous_month(now(), UTC)
    for _ in range(MISSED_MONTHS - 1):
        assert first.start is not None
        first = previous_month(first.start, UTC)
    assert first.start is not None
    records = [
        make_record(id=f"e{n}", timestamp=to_rfc3339(Instant(first.start + n * DAY // 3)))
        for n in range(300)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
        return add_schedule(connection, workspace_id, make_plan(), first.start).next_at


def test_a_worker_killed_at_random_moments_makes_each_report_once(
    engine: Engine, settings: Settings, workspace_id: int, processes: Processes
) -> None:
    first_slot = _prepare(engine, workspace_id)
    dice, alive_when_killed, states = random.Random(7), 0, set()
    kills = KILLS if engine.dialect.name == "sqlite" else KILLS_ON_POSTGRES
    for number in range(kills):
        ahead = number * 10 * MINUTE
        alive_when_killed += kill_in_the_middle(
            processes, work, settings, ahead, latest=1.5, dice=dice
        )
        with writing(engine) as connection:
            states |= {run.state for run in list_runs(connection, workspace_id)}
        _insist(engine, workspace_id)
    assert alive_when_killed >= kills // 2
    assert "running" in states, "the kills did not fall into the middle of the work"
    _finish(engine, settings, workspace_id)
    _check(engine, settings, workspace_id, first_slot)


def _insist(engine: Engine, workspace_id: int) -> None:
    """Killed three times, a run waits for a person: this one tries it again."""
    with writing(engine) as connection:
        for run in list_runs(connection, workspace_id):
            retry_run(connection, workspace_id, run.id)


def _finish(engine: Engine, settings: Settings, workspace_id: int) -> None:
    """The first round may find that a kill was the third of its run."""
    later = KILLS * 10 * MINUTE + DAY
    jobs.run_due(engine, settings, lambda: Instant(now() + later))
    _insist(engine, workspace_id)
    jobs.run_due(engine, settings, lambda: Instant(now() + later))


def _check(engine: Engine, settings: Settings, workspace_id: int, first_slot: Instant) -> None:
    with reading(engine) as connection:
        runs = list_runs(connection, workspace_id)
        stored = connection.execute(select(func.count()).select_from(schema.events)).scalar_one()
    slots = sorted(run.slot for run in runs if run.slot is not None)
    expected = [first_slot]
    while len(expected) < MISSED_MONTHS:
        expected.append(next_slot(parse_rhythm(MONTHLY), expected[-1], UTC))
    assert slots[:MISSED_MONTHS] == expected
    assert len(slots) == len(set(slots)) == len(runs)
    assert [run.state for run in runs] == ["done"] * len(runs)
    assert sum(run.rows or 0 for run in runs) <= stored
    kept = {path.name for path in (settings.instance / "reports").iterdir()}
    assert kept == {run.file_name for run in runs}
    for run in runs:
        assert run.file_name is not None
        body = report_path(settings, run.file_name).read_bytes()
        assert hashlib.sha256(body).digest() == run.sha256
        assert len(body) == run.size
