"""Schedules and destinations of tests."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.events.instants import Instant, parse_zone
from auditdash.reports.orders.order import encode_order, new_order
from auditdash.reports.sending.destinations import Config, encode_config
from auditdash.reports.sending.rhythm import PERIODS, next_slot, parse_rhythm
from auditdash.store.schedules import Plan, Schedule, find_schedule, insert_schedule
from auditdash.store.sending.destinations import (
    Destination,
    find_destination,
    insert_destination,
)

MONTHLY = "monthly 1 06:00"


def make_plan(rhythm: str = MONTHLY, zone: str = "UTC", **changes: Any) -> Plan:
    """A compliance report of each of its periods, of no more than what is in each."""
    period = PERIODS[parse_rhythm(rhythm).every]
    short = replace(new_order("compliance", period=period, zone=zone), sections=())
    order = encode_order(short)
    plan = Plan(name="Regular", kind="compliance", order=order, rhythm=rhythm, zone=zone)
    return replace(plan, **changes)


def add_schedule(
    connection: Connection, workspace_id: int, plan: Plan, started: Instant
) -> Schedule:
    """A schedule that is on since then."""
    slot = next_slot(parse_rhythm(plan.rhythm), started, parse_zone(plan.zone))
    number = insert_schedule(connection, workspace_id, plan, next_at=slot, now=started)
    found = find_schedule(connection, workspace_id, number)
    assert found is not None
    return found


def add_destination(
    connection: Connection,
    workspace_id: int,
    config: Config,
    *,
    kind: str,
    now: Instant,
    sealed: bytes | None = None,
    name: str = "",
) -> Destination:
    """Somewhere to send to."""
    number = insert_destination(
        connection,
        workspace_id=workspace_id,
        name=name or f"The {kind}",
        kind=kind,
        config=encode_config(config),
        sealed=sealed,
        person_id=None,
        now=now,
    )
    found = find_destination(connection, workspace_id, number)
    assert found is not None
    return found
