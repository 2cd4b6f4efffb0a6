"""Schedules at work: each slot makes one report, which goes to all destinations.

Each slot fires exactly once, whatever the number of workers: moving the schedule on, queueing the
run and queueing its deliveries are one transaction, and the slot is unique among the runs of its
schedule.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, parse_zone
from auditdash.reports.orders.order import decode_order
from auditdash.reports.run import request_report
from auditdash.reports.sending.queue import queue_report
from auditdash.reports.sending.rhythm import is_over, next_slot, parse_rhythm
from auditdash.reports.sending.telling import tell_owner
from auditdash.store.engine import reading, writing
from auditdash.store.schedules import (
    Schedule,
    claim_slot,
    find_due_schedule,
    find_schedule,
    pause_schedule,
)
from auditdash.store.sending.destinations import find_chosen


def fire_due(engine: Engine, now: Instant) -> bool:
    """Queue the report of one due slot; False when none is due. Missed slots come one by one."""
    with reading(engine) as connection:
        due = find_due_schedule(connection, now)
    if due is None:
        return False
    try:
        with writing(engine) as connection:
            _fire(connection, due, now)
    except BadInput as error:
        with writing(engine) as connection:
            pause_schedule(connection, due)
            said = f"The schedule {due.name} is paused, for its report cannot be asked for: {error}"
            tell_owner(connection, due, said, f"schedule-{due.id}-{due.next_at}", now)
    return True


def catch_up(connection: Connection, known: Schedule, now: Instant) -> None:
    """Ask for all that is due already as it was decided, before somebody decides otherwise; what
    cannot be asked for is left out."""
    while known.next_at <= now and not known.paused and known.ended_at is None:
        try:
            _fire(connection, known, now)
        except BadInput:
            return
        known = find_schedule(connection, known.workspace_id, known.id) or known


def run_now(connection: Connection, known: Schedule, requested_by: str, now: Instant) -> int:
    """Ask for the report that a slot at this moment would ask for, beside the slots; its id."""
    run_id = request_report(
        connection,
        workspace_id=known.workspace_id,
        order=decode_order(known.order),
        requested_by=requested_by,
        now=now,
        schedule_id=known.id,
    )
    if run_id is None:
        raise AssertionError("unreachable: only slots can be taken")
    chosen = find_chosen(connection, known.id)
    queue_report(connection, known.workspace_id, run_id, chosen, now)
    return run_id


def _fire(connection: Connection, due: Schedule, now: Instant) -> None:
    zone = parse_zone(due.zone)
    following = next_slot(parse_rhythm(due.rhythm), due.next_at, zone)
    ended_at = now if is_over(following, zone, due.last_day) else None
    if not claim_slot(connection, due, following, ended_at):
        return
    run_id = request_report(
        connection,
        workspace_id=due.workspace_id,
        order=decode_order(due.order),
        requested_by=f"the schedule {due.name}",
        now=now,
        schedule_id=due.id,
        slot=due.next_at,
    )
    if run_id is not None:
        chosen = find_chosen(connection, due.id)
        queue_report(connection, due.workspace_id, run_id, chosen, now, when_empty=due.when_empty)
