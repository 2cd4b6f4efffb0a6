"""The monthly schedule: the compliance report of each month, on its first morning after.

Each slot fires exactly once, whatever the number of workers: moving the schedule on and queueing
the run are one transaction, and the slot is unique among the runs of its schedule.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from auditdash.events.instants import Instant, parse_zone, to_instant
from auditdash.events.periods import local_date
from auditdash.reports.orders.order import decode_order
from auditdash.reports.run import request_report
from auditdash.store.engine import reading, writing
from auditdash.store.schedules import claim_slot, find_due_schedule

HOUR = 6
REQUESTED_BY = "the monthly schedule"


def next_slot(after: Instant, zone: ZoneInfo) -> Instant:
    """The next first of a month at 06:00 local time, strictly after `after`."""
    day = local_date(after, zone)
    slot = _slot(day.year, day.month, zone)
    if slot > after:
        return slot
    return _slot(day.year + day.month // 12, day.month % 12 + 1, zone)


def _slot(year: int, month: int, zone: ZoneInfo) -> Instant:
    return to_instant(datetime(year, month, 1, HOUR, tzinfo=zone))


def fire_due(engine: Engine, now: Instant) -> bool:
    """Queue the report of one due slot; False when none is due. Missed months come one by one."""
    with reading(engine) as connection:
        due = find_due_schedule(connection, now)
    if due is None:
        return False
    zone = parse_zone(due.zone)
    with writing(engine) as connection:
        if claim_slot(connection, due, next_slot(due.next_at, zone)):
            request_report(
                connection,
                workspace_id=due.workspace_id,
                order=decode_order(due.order),
                requested_by=REQUESTED_BY,
                now=now,
                schedule_id=due.id,
                slot=due.next_at,
            )
    return True
