"""Reports that were asked for are cancelled and tried again here, each act with the event that
tells of it; that they were asked for is told by whoever asks."""

from __future__ import annotations

from sqlalchemy import Connection

from auditdash.ingest.accesses import Act, append_access, event_of
from auditdash.reports.orders.order import order_of
from auditdash.reports.question import report_id
from auditdash.store.report_runs import ReportRun, cancel_run, retry_run


def retry(connection: Connection, act: Act, run: ReportRun) -> bool:
    """Queue a failed one again as it was asked for; False when it is none, or was cancelled."""
    if not retry_run(connection, act.workspace.id, run.id):
        return False
    _tell(connection, act, run, "retried", "tried again")
    return True


def cancel(connection: Connection, act: Act, run: ReportRun, who: str) -> bool:
    """End one that waits or is being made; False when it has ended already."""
    if not cancel_run(connection, act.workspace.id, run.id, who, act.now):
        return False
    _tell(connection, act, run, "cancelled", "cancelled")
    return True


def _tell(connection: Connection, act: Act, run: ReportRun, action: str, deed: str) -> None:
    told = {
        "kind": run.kind,
        "query": order_of(run).query,
        "requested_by": run.requested_by,
        "was": run.state,
    }
    if run.error:
        told["error"] = run.error
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action=f"auditdash_report_{action}",
        description=f"report {deed} in auditdash",
        entity=("auditdash_report", str(run.id), report_id(run)),
        context=told,
    )
    append_access(connection, event)
