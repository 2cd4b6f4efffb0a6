"""The monthly schedule: when it is due, each slot once, missed months made up for."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.instants import HOUR, Instant, parse_instant, to_datetime
from auditdash.events.periods import local_date
from auditdash.reports.orders.order import encode_order, new_order, order_of
from auditdash.reports.question import COMPLIANCE
from auditdash.reports.schedule import fire_due, next_slot
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import ReportRun, list_runs
from auditdash.store.schedules import (
    claim_slot,
    find_schedule,
    pause_schedule,
    start_schedule,
)

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


def _start(engine: Engine, workspace_id: int, zone: str = "UTC") -> None:
    with writing(engine) as connection:
        start_schedule(
            connection,
            workspace_id=workspace_id,
            kind=COMPLIANCE,
            zone=zone,
            order=_order(zone),
            person_id=None,
            next_at=next_slot(_STARTED, ZoneInfo(zone)),
            now=_STARTED,
        )


def _order(zone: str) -> str:
    order = new_order(COMPLIANCE, period="last-month", zone=zone)
    return encode_order(replace(order, frameworks=("soc2", "pci")))


def _runs(engine: Engine, workspace_id: int) -> list[ReportRun]:
    with reading(engine) as connection:
        return list_runs(connection, workspace_id, limit=100)[::-1]


def _fire_all(engine: Engine, now: Instant) -> int:
    fired = 0
    while fire_due(engine, now):
        fired += 1
    return fired


@pytest.mark.parametrize(
    ("after", "slot"),
    [
        ("2026-01-20T12:00:00Z", "2026-02-01T11:00:00Z"),  # EST
        ("2026-03-31T12:00:00Z", "2026-04-01T10:00:00Z"),  # EDT
        ("2026-12-31T23:59:00Z", "2027-01-01T11:00:00Z"),
        ("2026-04-01T09:59:59Z", "2026-04-01T10:00:00Z"),
        ("2026-04-01T10:00:00Z", "2026-05-01T10:00:00Z"),
        ("2026-11-01T09:00:00Z", "2026-11-01T11:00:00Z"),  # the day the clocks go back
    ],
)
def test_a_slot_is_six_in_the_morning_by_the_clocks_of_the_zone(after: str, slot: str) -> None:
    assert next_slot(parse_instant(after), _NEW_YORK) == parse_instant(slot)


def test_each_slot_is_the_first_of_a_month_for_many_years() -> None:
    for zone in (
        ZoneInfo(name) for name in ("Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca")
    ):
        slot = parse_instant("2009-12-01T00:00:00Z")
        months = []
        for _ in range(240):
            slot = next_slot(slot, zone)
            local = to_datetime(slot, zone)
            assert (local.day, local.hour, local.minute) == (1, 6, 0)
            months.append(local.year * 12 + local.month)
        assert months == list(range(months[0], months[0] + 240))


def test_nothing_fires_before_its_time(engine: Engine, workspace_id: int) -> None:
    _start(engine, workspace_id)
    assert not fire_due(engine, Instant(parse_instant("2026-02-01T06:00:00Z") - 1))
    assert fire_due(engine, parse_instant("2026-02-01T06:00:00Z"))
    assert not fire_due(engine, parse_instant("2026-02-01T06:00:00Z"))


def test_a_run_is_asked_for_the_month_before_its_slot(engine: Engine, workspace_id: int) -> None:
    _start(engine, workspace_id, _NEW_YORK.key)
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
    assert {run.requested_by for run in runs} == {"the monthly schedule"}


def test_a_paused_schedule_does_not_fire_and_makes_up_for_nothing(
    engine: Engine, workspace_id: int
) -> None:
    _start(engine, workspace_id)
    with writing(engine) as connection:
        pause_schedule(connection, workspace_id, COMPLIANCE)
    assert not fire_due(engine, parse_instant("2026-06-01T12:00:00Z"))
    with writing(engine) as connection:
        start_schedule(
            connection,
            workspace_id=workspace_id,
            kind=COMPLIANCE,
            zone="UTC",
            order=_order("UTC"),
            person_id=None,
            next_at=parse_instant("2026-07-01T06:00:00Z"),
            now=parse_instant("2026-06-01T12:00:00Z"),
        )
    assert not fire_due(engine, parse_instant("2026-06-30T12:00:00Z"))


def test_a_slot_that_was_seen_can_be_taken_once(engine: Engine, workspace_id: int) -> None:
    _start(engine, workspace_id)
    with writing(engine) as connection:
        seen = find_schedule(connection, workspace_id, COMPLIANCE)
        assert seen is not None
        following = next_slot(seen.next_at, ZoneInfo("UTC"))
        assert claim_slot(connection, seen, following)
        assert not claim_slot(connection, seen, following)


def test_starting_twice_makes_one_schedule(engine: Engine, workspace_id: int) -> None:
    _start(engine, workspace_id)
    _start(engine, workspace_id, "Asia/Tokyo")
    with reading(engine) as connection:
        found = find_schedule(connection, workspace_id, COMPLIANCE)
    assert found is not None
    assert found.zone == "UTC"
    assert _fire_all(engine, parse_instant("2026-02-01T12:00:00Z")) == 1


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
