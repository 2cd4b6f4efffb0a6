"""Schedules are made, changed, paused and ended here, each act with the event that tells of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, parse_zone, to_rfc3339
from auditdash.ingest.accesses import Act, append_access, event_of
from auditdash.reports.orders.order import decode_order
from auditdash.reports.schedule import catch_up, run_now
from auditdash.reports.sending.rhythm import is_over, next_slot, parse_rhythm
from auditdash.store.schedules import (
    Plan,
    Schedule,
    change_schedule,
    end_schedule,
    find_schedule,
    insert_schedule,
    pause_schedule,
    resume_schedule,
)
from auditdash.store.sending.destinations import choose_destinations, find_chosen, list_destinations

CREATED, EDITED, DELETED = (f"report_schedule_{deed}" for deed in ("created", "edited", "deleted"))


def make_schedule(connection: Connection, act: Act, plan: Plan, to: Collection[int]) -> int:
    """A schedule that is on; its id. BadInput when it would never be due."""
    slot = _first_slot(plan, act.now)
    number = insert_schedule(connection, act.workspace.id, plan, next_at=slot, now=act.now)
    choose_destinations(connection, number, _known(connection, act, to))
    _tell(connection, act, _find(connection, act, number), CREATED, "created")
    return number


def edit_schedule(
    connection: Connection, act: Act, known: Schedule, plan: Plan, to: Collection[int]
) -> None:
    """Another plan from now on; what was due before now is asked for as it was."""
    catch_up(connection, known, act.now)
    if not change_schedule(connection, known, plan, next_at=_first_slot(plan, act.now)):
        raise BadInput("the schedule has ended", expected="one that has not")
    choose_destinations(connection, known.id, _known(connection, act, to))
    _tell(connection, act, _find(connection, act, known.id), EDITED, "changed")


def pause(connection: Connection, act: Act, known: Schedule) -> None:
    """Nothing is due until it is resumed."""
    pause_schedule(connection, known)
    _tell(connection, act, known, EDITED, "paused")


def resume(connection: Connection, act: Act, known: Schedule) -> None:
    """Due again from now on; what passed meanwhile stays unanswered."""
    slot = next_slot(parse_rhythm(known.rhythm), act.now, parse_zone(known.zone))
    resume_schedule(connection, known, slot)
    _tell(connection, act, known, EDITED, "resumed")


def end(connection: Connection, act: Act, known: Schedule) -> None:
    """Over for good; its reports and their history stay."""
    end_schedule(connection, known, act.now)
    _tell(connection, act, known, DELETED, "ended")


def run(connection: Connection, act: Act, known: Schedule, requested_by: str) -> int:
    """Make and send its report now, beside its slots; the id of the run."""
    run_id = run_now(connection, known, requested_by, act.now)
    _tell(connection, act, known, EDITED, "run by hand", report=f"AD-{run_id:06}")
    return run_id


def _first_slot(plan: Plan, now: Instant) -> Instant:
    zone = parse_zone(plan.zone)
    slot = next_slot(parse_rhythm(plan.rhythm), now, zone)
    last = date.fromisoformat(plan.ends_on) if plan.ends_on else None
    if is_over(slot, zone, last):
        raise BadInput(
            "it would end before it is due once", where="ends_on", expected="a later day"
        )
    return slot


def _known(connection: Connection, act: Act, to: Collection[int]) -> list[int]:
    known = {each.id for each in list_destinations(connection, act.workspace.id)}
    if set(to) - known:
        raise BadInput("a destination is not there any more", where="destinations")
    return sorted(to)


def _find(connection: Connection, act: Act, number: int) -> Schedule:
    found = find_schedule(connection, act.workspace.id, number)
    if found is None:
        raise BadInput("the schedule is not there any more")
    return found


def _tell(
    connection: Connection, act: Act, known: Schedule, action: str, deed: str, **more: str
) -> None:
    chosen = find_chosen(connection, known.id)
    order = decode_order(known.order)
    told = {
        "deed": deed,
        "rhythm": parse_rhythm(known.rhythm).said(),
        "zone": known.zone,
        "kind": known.kind,
        "query": order.query,
        "ends_on": known.ends_on or "never",
        "when_empty": "sent" if known.when_empty else "not sent",
        "destinations": ", ".join(each.name for each in chosen),
        "next_at": to_rfc3339(known.next_at),
        **more,
    }
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action=action,
        description=f"schedule of a report {deed} in auditdash",
        entity=("report_schedule", str(known.id), known.name),
        context=told,
    )
    append_access(connection, event)
