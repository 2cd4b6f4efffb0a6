"""What a mail of a schedule would look like, before one is sent."""

from __future__ import annotations

from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.reports.orders.order import decode_order, encode_order, fixed, span_of
from auditdash.reports.orders.presets import closed
from auditdash.reports.sending.destinations import recipients_of
from auditdash.reports.sending.letter import Letter
from auditdash.reports.sending.result import Told, encode_result
from auditdash.reports.sending.send import Shipment, letter_of
from auditdash.settings import Settings
from auditdash.store.report_runs import ReportRun, list_runs_of
from auditdash.store.schedules import Schedule
from auditdash.store.sending.deliveries import Delivery
from auditdash.store.sending.destinations import find_chosen
from auditdash.store.workspaces import find_workspace

_EXAMPLE = (
    Told(label="Events", said="as counted"),
    Told(label="Exceptions", said="what the report has found stands here.", ok=False),
)


def preview_letter(
    connection: Connection, settings: Settings, known: Schedule, now: Instant
) -> Letter:
    """The letter of the newest report of this schedule, or of the next with an example result."""
    workspace = find_workspace(connection, known.workspace_id)
    if workspace is None:
        raise AssertionError("unreachable: a schedule has a workspace")
    made = [each for each in list_runs_of(connection, workspace.id, known.id, 10) if each.file_name]
    run, chosen = (made[0] if made else _example(known)), find_chosen(connection, known.id)
    together = [
        _delivery(known, run, each.id, recipient, now)
        for each in chosen
        for recipient in recipients_of(each)
    ]
    shipment = Shipment(
        delivery=_delivery(known, run, 0, "", now),
        workspace=workspace,
        to=None,
        run=run,
        schedule=known,
        together=tuple(together),
        names={each.id: each.name for each in chosen},
    )
    return letter_of(settings.sending, shipment, attached=True)


def _example(known: Schedule) -> ReportRun:
    order = fixed(decode_order(known.order), known.next_at)
    start, end = closed(span_of(order))
    return ReportRun(
        id=0,
        workspace_id=known.workspace_id,
        schedule_id=known.id,
        slot=known.next_at,
        kind=known.kind,
        period_start=start,
        period_end=end,
        requested_by=f"the schedule {known.name}",
        requested_at=known.next_at,
        state="done",
        stage="",
        claimed_until=None,
        attempts=1,
        highest_seq=0,
        finished_at=known.next_at,
        error=None,
        file_name=None,
        size=None,
        sha256=None,
        pages=None,
        rows=1,
        order=encode_order(order),
        not_before=None,
        result=encode_result(list(_EXAMPLE)),
    )


def _delivery(
    known: Schedule, run: ReportRun, destination_id: int, recipient: str, now: Instant
) -> Delivery:
    return Delivery(
        id=0,
        workspace_id=known.workspace_id,
        key="",
        purpose="report",
        run_id=run.id,
        destination_id=destination_id,
        recipient=recipient,
        note="",
        when_empty=known.when_empty,
        created_at=now,
        state="waiting",
        attempts=0,
        next_at=now,
        claimed_until=None,
        outcome="",
        finished_at=None,
        size=None,
        sha256=None,
    )
