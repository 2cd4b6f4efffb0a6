"""Schedules: when the next report is due. A slot is taken by one conditional UPDATE."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from auditdash.events.instants import Instant
from auditdash.store.schema import schedules, workspaces


class Schedule(Struct, frozen=True, kw_only=True):
    """`next_at` is the slot that is due next, in the past when slots were missed.

    `order` is what each report is asked for, as auditdash.reports.orders wrote it.
    """

    id: int
    workspace_id: int
    kind: str
    zone: str
    next_at: Instant
    paused: bool
    order: str


_COLUMNS = tuple(schedules.c[name] for name in Schedule.__struct_fields__)


def find_schedule(connection: Connection, workspace_id: int, kind: str) -> Schedule | None:
    """The schedule of this kind of report, also when it is paused."""
    found = select(*_COLUMNS).where(
        schedules.c.workspace_id == workspace_id, schedules.c.kind == kind
    )
    row = connection.execute(found.order_by(schedules.c.id)).mappings().first()
    return Schedule(**row) if row else None


def start_schedule(
    connection: Connection,
    *,
    workspace_id: int,
    kind: str,
    zone: str,
    order: str,
    person_id: int | None,
    next_at: Instant,
    now: Instant,
) -> None:
    """Make the schedule, or wake it: slots that passed while it was paused stay unanswered."""
    # The lock keeps two people from making two schedules at once.
    connection.execute(
        select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update()
    )
    known = find_schedule(connection, workspace_id, kind)
    if known is None:
        row = {"workspace_id": workspace_id, "kind": kind, "zone": zone, "created_by": person_id}
        row |= {"created_at": now, "next_at": next_at, "paused": False, "order": order}
        connection.execute(insert(schedules), row)
    elif known.paused:
        woken = update(schedules).where(schedules.c.id == known.id, schedules.c.paused)
        connection.execute(woken.values(zone=zone, next_at=next_at, paused=False, order=order))


def pause_schedule(connection: Connection, workspace_id: int, kind: str) -> None:
    """No slot fires until it is started again."""
    connection.execute(
        update(schedules)
        .where(schedules.c.workspace_id == workspace_id, schedules.c.kind == kind)
        .values(paused=True)
    )


def find_due_schedule(connection: Connection, now: Instant) -> Schedule | None:
    """The schedule whose slot has waited longest."""
    due = select(*_COLUMNS).where(schedules.c.next_at <= now, schedules.c.paused.is_(False))
    ordered = due.order_by(schedules.c.next_at, schedules.c.id).limit(1)
    row = connection.execute(ordered).mappings().first()
    return Schedule(**row) if row else None


def claim_slot(connection: Connection, seen: Schedule, next_at: Instant) -> bool:
    """Take the slot that was seen, by moving on to the next; False when another worker did."""
    moved = connection.execute(
        update(schedules)
        .where(
            schedules.c.id == seen.id,
            schedules.c.next_at == seen.next_at,
            schedules.c.paused.is_(False),
        )
        .values(next_at=next_at)
    )
    return moved.rowcount == 1
