"""What a report was asked for, each with what it would be if nobody had chosen."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from auditdash.events.instants import to_rfc3339
from auditdash.reports.orders.order import new_order, order_of
from auditdash.reports.question import Question
from auditdash.reports.sections.controls import names_of
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import Workspace

_TOLD: Final = "those of the members’ addresses"


class Parameter(Struct, frozen=True, kw_only=True):
    """One choice: what it is called, what was chosen, and the default in words."""

    name: str
    value: str
    default: str


def parameters_of(
    run: ReportRun, question: Question, workspace: Workspace, domains: frozenset[str]
) -> tuple[Parameter, ...]:
    """All parameters of a run, also those that cannot be chosen."""
    order = order_of(run)
    default = new_order(order.kind, period=question.period, zone=workspace.zone)
    period = f"{to_rfc3339(question.start)} until before {to_rfc3339(question.end)}"
    return (
        Parameter(name="Period", value=period, default="the last whole month"),
        Parameter(name="Query", value=order.query or "none: everything", default=default.query),
        Parameter(name="Days counted in", value=order.zone, default=workspace.zone),
        Parameter(
            name="Highest event number",
            value=str(run.highest_seq),
            default="the newest when asked for",
        ),
        Parameter(
            name="Own domains",
            value=", ".join(sorted(domains)) or _TOLD,
            default=_TOLD,
        ),
        Parameter(
            name="Control frameworks",
            value=names_of(order.frameworks),
            default=names_of(default.frameworks),
        ),
        Parameter(
            name="Events in the sample", value=str(order.sample), default=str(default.sample)
        ),
        Parameter(name="Row limit", value="none", default="none: it cannot be set"),
    )
