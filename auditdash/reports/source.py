"""What a report is gathered from: the caller's snapshot, what was asked, and where its files go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.reports.orders.kinds import Kind, find_kind
from auditdash.reports.orders.order import Order, order_of
from auditdash.reports.orders.sections import Section, sections
from auditdash.reports.question import Question, question_of, report_id
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import Workspace


class Source(Struct, frozen=True, kw_only=True, eq=False):
    """`domains` are the workspace's own, if configured; `interval` is the time between two pulls,
    in microseconds; files are written to the folder `work`; `tell` hears what is done now."""

    connection: Connection
    run: ReportRun
    workspace: Workspace
    order: Order
    kind: Kind
    question: Question
    domains: frozenset[str]
    interval: int
    work: Path
    tell: Callable[[str], None]

    @property
    def report(self) -> str:
        """The id of the report."""
        return report_id(self.run)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Those that are printed, in their order; one that was dropped since is left out."""
        known = sections()
        return tuple(known[name] for name in self.order.sections if name in known)

    @property
    def attached(self) -> tuple[str, ...]:
        """The files that its kind and its sections need, besides those of every report."""
        names = (name for section in self.sections for name in section.attach)
        return tuple(dict.fromkeys((*self.kind.attach, *names)))


def source_of(
    connection: Connection,
    run: ReportRun,
    workspace: Workspace,
    domains: frozenset[str],
    interval: int,
    work: Path,
    tell: Callable[[str], None],
) -> Source:
    """Everything that follows from a run; what cannot be read of it is BadInput."""
    order = order_of(run)
    return Source(
        connection=connection,
        run=run,
        workspace=workspace,
        order=order,
        kind=find_kind(order.kind),
        question=question_of(run),
        domains=domains,
        interval=interval,
        work=work,
        tell=tell,
    )
