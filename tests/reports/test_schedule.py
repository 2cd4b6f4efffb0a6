"""Schedules at work: each slot once, missed ones made up for, an end that holds."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.instants import DAY, HOUR, Instant, parse_instant
from auditdash.events.periods import local_date, month_period
from auditdash.ingest.accesses import Act
from auditdash.management.schedules import edit_schedule
from auditdash.reports.orders.order import encode_order, new_order, order_of
from auditdash.reports.schedule import fire_due, run_now
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import ReportRun, list_runs
from auditdash.store.schedules import (
    Schedule,
    change_schedule,
    claim_slot,
    find_schedule,
    pause_schedule,
    resume_schedule,
)
from auditdash.store.sending.notices import find_notices
from auditdash.store.workspaces import find_workspace
from tests.people import add_alice
from tests.reports.schedules import add_schedule, make_plan

_NEW_YORK = ZoneInfo("America/New_York")
_STARTED = parse_instant("2026-01-20T12:00:00Z")

_FIRE = """
import sys
from auditdash.events.instants import Instant
from auditdash.reports.schedule import fire_due
from auditdash.store.engine import open_engine
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
fired = 0
while fire_due(engine, Instant(int(sys.argv[2]))):
    fired += 1
print(fired)
"""


def _start(engine: Engine, workspace_id: int, zone: str = "UTC", **changes: Any) -> Schedule:
    with writing(engine) as connection:
        plan = make_plan(zone=zone, **changes)
        return add_schedule(connection, workspace_id, plan, _STARTED)


def _runs(engine: Engine, workspace_id: int) -> list[ReportRun]:
    with reading(engine) as connection:
        return list_runs(connection, workspace_id, limit=100)[::-1]


def _fire_all(engine: Engine, now: Instant) -> int:
    fired = 0
    while fire_due(engine, now):
        fired += 1
    return fired


def test_nothing_fires_before_its_time(engine: Engine, workspace_id: int) -> None:
    _start(engine, workspace_id)
    assert not fire_due(engine, Instant(parse_instant("2026-02-01T06:00:00Z") - 1))
    assert fire_due(engine, parse_instant("2026-02-01T06:00:00Z"))
    assert not fire_due(engine, parse_instant("2026-02-01T06:00:00Z"))


def test_a_run_is_asked_for_the_month_before_its_slot(engine: Engine, workspace_id: int) -> None:
    order = replace(
        new_order("compliance", period="last-month", zone=_NEW_YORK.key), frameworks=("soc2", "pci")
    )
    _start(engine, workspace_id, _NEW_YORK.key, order=encode_order(order))
    assert _fire_all(engine, parse_instant("2026-04-02T00:00:00Z")) == 3
    runs = _runs(engine, workspace_id)
    months = [
        (local_date(run.period_start, _NEW_YORK), local_date(run.period_end, _NEW_YORK))
        for run in runs
    ]
    assert months == [
        (date(2026, 1, 1), date(2026, 2, 1)),
        (date(2026, 2, 1), date(2026, 3, 1)),
        (date(2026, 3, 1), date(2026, 4, 1)),
    ]
    assert runs[2].period_end - runs[2].period_start == (31 * 24 - 1) * HOUR
    orders = [order_of(run) for run in runs]
    assert {order.query for order in orders} == {"-source:auditdash"}
    assert {order.frameworks for order in orders} == {("soc2", "pci")}
    assert {run.requested_by for run in runs} == {"the schedule Regular"}


def test_a_paused_schedule_does_not_fire_and_makes_up_for_nothing(
    engine: Engine, workspace_id: int
) -> None:
    known = _start(engine, workspace_id)
    with writing(engine) as connection:
        pause_schedule(connection, known)
    assert not fire_due(engine, parse_instant("2026-06-01T12:00:00Z"))
    with writing(engine) as connection:
        resume_schedule(connection, known, parse_instant("2026-07-01T06:00:00Z"))
    assert not fire_due(engine, parse_instant("2026-06-30T12:00:00Z"))
    assert _fire_all(engine, parse_instant("2026-07-01T06:00:00Z")) == 1


def test_a_slot_that_was_seen_can_be_taken_once(engine: Engine, workspace_id: int) -> None:
    seen = _start(engine, workspace_id)
    following = Instant(seen.next_at + DAY)
    with writing(engine) as connection:
        assert claim_slot(connection, seen, following)
        assert not claim_slot(connection, seen, following)


def test_a_slot_of_a_plan_that_was_changed_meanwhile_is_not_taken(
    engine: Engine, workspace_id: int
) -> None:
    seen = _start(engine, workspace_id)
    with writing(engine) as connection:
        other = make_plan("daily 0 06:00")
        assert change_schedule(connection, seen, other, next_at=seen.next_at)
        assert not claim_slot(connection, seen, Instant(seen.next_at + DAY))


@pytest.mark.parametrize("is_paused", [False, True])
def test_what_is_due_already_is_asked_for_before_the_plan_changes(
    engine: Engine, workspace_id: int, is_paused: bool
) -> None:
    known = _start(engine, workspace_id)
    now = parse_instant("2026-03-05T12:00:00Z")
    with writing(engine) as connection:
        if is_paused:
            pause_schedule(connection, known)
        workspace = find_workspace(connection, workspace_id)
        found = find_schedule(connection, workspace_id, known.id)
        assert workspace is not None
        assert found is not None
        act = Act(workspace=workspace, actor={"username": "alice"}, now=now)
        edit_schedule(connection, act, found, make_plan("monthly 3 06:00"), ())
    slots = ["2026-02-01T06:00:00Z", "2026-03-01T06:00:00Z"]
    due = [] if is_paused else [parse_instant(each) for each in slots]
    assert [run.slot for run in _runs(engine, workspace_id)] == due
    assert not fire_due(engine, now)


def test_after_its_last_day_a_schedule_is_over(engine: Engine, workspace_id: int) -> None:
    known = _start(engine, workspace_id, ends_on="2026-03-01")
    assert _fire_all(engine, parse_instant("2026-12-01T12:00:00Z")) == 2
    with writing(engine) as connection:
        found = find_schedule(connection, workspace_id, known.id)
        assert found is not None
        assert found.ended_at is not None
        assert not change_schedule(connection, found, make_plan(), next_at=found.next_at)
        resume_schedule(connection, found, found.next_at)
    assert not fire_due(engine, parse_instant("2027-12-01T12:00:00Z"))


def test_a_report_by_hand_takes_no_slot(engine: Engine, workspace_id: int) -> None:
    known = _start(engine, workspace_id)
    with writing(engine) as connection:
        numbers = [run_now(connection, known, "Alice", _STARTED) for _ in range(2)]
    assert len(set(numbers)) == 2
    assert _fire_all(engine, parse_instant("2026-02-01T12:00:00Z")) == 1
    by_hand, _, slotted = _runs(engine, workspace_id)
    assert (by_hand.slot, by_hand.requested_by) == (None, "Alice")
    assert by_hand.period == month_period(2025, 12, ZoneInfo("UTC"))
    assert slotted.slot == parse_instant("2026-02-01T06:00:00Z")


def test_a_schedule_that_cannot_be_asked_for_is_paused_and_its_owner_told(
    engine: Engine, workspace_id: int
) -> None:
    alice = add_alice(engine)
    known = _start(engine, workspace_id, order='{"kind":"no such"}', owner_id=alice)
    assert _fire_all(engine, parse_instant("2026-04-01T12:00:00Z")) == 1
    with reading(engine) as connection:
        found = find_schedule(connection, workspace_id, known.id)
        (notice,) = find_notices(connection, workspace_id, alice)
    assert found is not None
    assert found.paused
    assert notice.text.startswith("The schedule Regular is paused")
    assert notice.path == f"/reports/schedules/{known.id}"


def test_four_processes_fire_each_of_sixty_months_once(
    engine: Engine, workspace_id: int, database_url: str
) -> None:
    _start(engine, workspace_id)
    now = parse_instant("2031-01-01T12:00:00Z")
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _FIRE, database_url, str(now)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.communicate("go\n", timeout=120)
    runs = _runs(engine, workspace_id)
    assert len(runs) == 60
    ends = [run.period_end for run in runs]
    assert ends == sorted(set(ends))
    assert all(worker.returncode == 0 for worker in workers)
