"""Who owns a schedule is told what failed: on their pages always, and by mail where they have one.

The mail is a delivery like any other: tried again, and in the history.
"""

from __future__ import annotations

from sqlalchemy import Connection

from auditdash.accounts.admins import admin_names
from auditdash.accounts.people import find_person_by_id
from auditdash.events.instants import Instant
from auditdash.outgoing.mail import is_address
from auditdash.store.report_runs import ReportRun
from auditdash.store.schedules import Schedule, find_schedule
from auditdash.store.sending.deliveries import NewDelivery, insert_deliveries
from auditdash.store.sending.notices import tell


def tell_owner(
    connection: Connection,
    schedule: Schedule,
    said: str,
    occasion: str,
    now: Instant,
    run_id: int | None = None,
) -> None:
    """Tell the owner of a schedule; `occasion` is what it is told once for."""
    path = f"/reports/schedules/{schedule.id}"
    _put_up(connection, schedule.workspace_id, _owner(connection, schedule), said, path, now)
    if schedule.tell:
        told = NewDelivery(
            workspace_id=schedule.workspace_id,
            key=f"failure/{occasion}",
            purpose="failure",
            recipient=schedule.tell,
            note=said,
            run_id=run_id,
        )
        insert_deliveries(connection, [told], now)


def tell_of_run(
    connection: Connection, run: ReportRun, said: str, occasion: str, now: Instant
) -> None:
    """Tell whoever waits for a run: the owner of its schedule, or those who see the reports."""
    schedule = _schedule_of(connection, run)
    if schedule is not None:
        tell_owner(connection, schedule, said, occasion, now, run.id)
    else:
        _put_up(connection, run.workspace_id, None, said, "/reports", now)


def _put_up(
    connection: Connection,
    workspace_id: int,
    person_id: int | None,
    said: str,
    path: str,
    now: Instant,
) -> None:
    tell(
        connection,
        workspace_id=workspace_id,
        person_id=person_id,
        text=said,
        path=path,
        now=now,
    )


def _owner(connection: Connection, schedule: Schedule) -> int | None:
    """None where there is nobody any more: then everybody who makes reports is told."""
    owner = find_person_by_id(connection, schedule.owner_id) if schedule.owner_id else None
    return owner.id if owner and owner.disabled_at is None else None


def _schedule_of(connection: Connection, run: ReportRun) -> Schedule | None:
    if run.schedule_id is None:
        return None
    return find_schedule(connection, run.workspace_id, run.schedule_id)


def admin_addresses(connection: Connection, workspace_id: int) -> list[str]:
    """Where the admins of a workspace get mail: those whose user name is an address."""
    return [name for name in admin_names(connection, workspace_id) if is_address(name)]
