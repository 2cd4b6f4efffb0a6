"""Schedules: when the next report is due. A slot is taken by one conditional UPDATE."""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from auditdash.events.instants import Instant
from auditdash.store.schema import schedules

_c = schedules.c


class Schedule(Struct, frozen=True, kw_only=True):
    """`next_at` is the slot that is due next, in the past when slots were missed.

    `order` is what each report is asked for, as auditdash.reports.orders wrote it; `rhythm` as
    auditdash.reports.sending did, by the clocks of `zone`. `ends_on` is the last local day. `tell`
    is where its owner gets mail; `reason` is why it was paused by itself.
    """

    id: int
    workspace_id: int
    kind: str
    zone: str
    next_at: Instant
    paused: bool
    reason: str
    order: str
    name: str
    rhythm: str
    ends_on: str | None
    when_empty: bool
    owner_id: int | None
    tell: str
    created_at: Instant
    ended_at: Instant | None

    @property
    def last_day(self) -> date | None:
        """The last local day that it is due on."""
        return date.fromisoformat(self.ends_on) if self.ends_on else None


class Plan(Struct, frozen=True, kw_only=True):
    """What somebody decides about a schedule."""

    name: str
    kind: str
    order: str
    rhythm: str
    zone: str
    ends_on: str | None = None
    when_empty: bool = True
    owner_id: int | None = None
    tell: str = ""


_COLUMNS = tuple(_c[name] for name in Schedule.__struct_fields__)


def insert_schedule(
    connection: Connection, workspace_id: int, plan: Plan, *, next_at: Instant, now: Instant
) -> int:
    """A new schedule, which is on; its id."""
    row = {name: getattr(plan, name) for name in Plan.__struct_fields__}
    row |= {"workspace_id": workspace_id, "created_by": plan.owner_id, "created_at": now}
    row |= {"next_at": next_at, "paused": False}
    return int(connection.execute(insert(schedules).values(row).returning(_c.id)).scalar_one())


def change_schedule(
    connection: Connection, known: Schedule, plan: Plan, *, next_at: Instant
) -> bool:
    """Another plan from now on; False when it has ended."""
    row: dict[str, object] = {name: getattr(plan, name) for name in Plan.__struct_fields__}
    changed = update(schedules).where(_c.id == known.id, _c.ended_at.is_(None))
    return connection.execute(changed.values(**row, next_at=next_at)).rowcount == 1


def pause_schedule(connection: Connection, known: Schedule) -> None:
    """No slot fires until it is resumed."""
    connection.execute(update(schedules).where(_c.id == known.id).values(paused=True, reason=""))


def pause_all_schedules(connection: Connection, reason: str) -> int:
    """Pause those that are on, in all workspaces, for this reason; how many they were."""
    on = update(schedules).where(_c.paused.is_(False), _c.ended_at.is_(None))
    return connection.execute(on.values(paused=True, reason=reason)).rowcount


def resume_schedule(connection: Connection, known: Schedule, next_at: Instant) -> None:
    """Wake it: slots that passed while it was paused stay unanswered."""
    woken = update(schedules).where(_c.id == known.id, _c.paused, _c.ended_at.is_(None))
    connection.execute(woken.values(paused=False, reason="", next_at=next_at))


def end_schedule(connection: Connection, known: Schedule, now: Instant) -> None:
    """It is over for good; its history stays."""
    ended = update(schedules).where(_c.id == known.id, _c.ended_at.is_(None))
    connection.execute(ended.values(ended_at=now))


def find_schedule(connection: Connection, workspace_id: int, schedule_id: int) -> Schedule | None:
    """One of this workspace, also when it is paused or over."""
    found = select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.id == schedule_id)
    row = connection.execute(found).mappings().first()
    return Schedule(**row) if row else None


def list_schedules(connection: Connection, workspace_id: int) -> list[Schedule]:
    """All of a workspace, those that are over last, by name."""
    found = select(*_COLUMNS).where(_c.workspace_id == workspace_id)
    ordered = found.order_by(_c.ended_at.is_not(None), _c.name, _c.id)
    return [Schedule(**row) for row in connection.execute(ordered).mappings()]


def find_due_schedule(connection: Connection, now: Instant) -> Schedule | None:
    """The schedule whose slot has waited longest."""
    due = select(*_COLUMNS).where(_c.next_at <= now, _c.paused.is_(False), _c.ended_at.is_(None))
    row = connection.execute(due.order_by(_c.next_at, _c.id).limit(1)).mappings().first()
    return Schedule(**row) if row else None


def claim_slot(
    connection: Connection, seen: Schedule, next_at: Instant, ended_at: Instant | None = None
) -> bool:
    """Take the slot that was seen, by moving on to the next or to the end; False when another
    worker did, or somebody has changed the schedule."""
    moved = connection.execute(
        update(schedules)
        .where(
            _c.id == seen.id,
            _c.next_at == seen.next_at,
            _c.rhythm == seen.rhythm,
            _c.zone == seen.zone,
            _c.paused.is_(False),
            _c.ended_at.is_(None),
        )
        .values(next_at=next_at, ended_at=ended_at)
    )
    return moved.rowcount == 1
