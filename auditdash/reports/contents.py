"""Everything a compliance report says, gathered as plain values from one snapshot.

Whatever is counted here can be counted again in the attached population.csv.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.queries.evidence import (
    Delivery,
    Population,
    count_by_action,
    count_by_delivery,
    find_population,
)
from auditdash.reports.attached.files import AttachedFile
from auditdash.reports.attached.writing import Attached
from auditdash.reports.build import auditdash_version, commit, tzdata_version
from auditdash.reports.orders.order import order_of
from auditdash.reports.question import Question, question_of, report_id
from auditdash.reports.sections.actions import CategoryPart, categories_of
from auditdash.reports.sections.controls import FrameworkPart, controls_of
from auditdash.reports.sections.exports import Exports, gather_exports
from auditdash.reports.sections.feeds import FeedLine, gather_feeds
from auditdash.reports.sections.intake import Intake, gather_intake
from auditdash.reports.sections.parameters import Parameter, parameters_of
from auditdash.reports.sections.permissions import Permissions, gather_permissions
from auditdash.reports.sections.pictures import Chart, gather_charts
from auditdash.reports.sections.totals import Totals, gather_totals
from auditdash.search.help.sentence import describe
from auditdash.search.period import period_text
from auditdash.search.query import Query
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import Workspace

# Printed rows of each list; the attachment has all of them, and the page says so.
MOST_ROWS: Final = 500
MOST_LINES: Final = 150
MOST_REJECTED: Final = 100


class Contents(Struct, frozen=True, kw_only=True):
    """A report before it is laid out."""

    id: str
    workspace: Workspace
    question: Question
    requested_by: str
    made_at: Instant
    slot: Instant | None
    parameters: tuple[Parameter, ...]
    population: Population
    attached: Attached
    categories: tuple[CategoryPart, ...]
    charts: dict[str, Chart]
    feeds: tuple[FeedLine, ...]
    exports: Exports
    permissions: Permissions
    intake: Intake
    deliveries: tuple[Delivery, ...]
    totals: Totals
    controls: tuple[FrameworkPart, ...]
    version: str
    commit: str
    tzdata: str

    @property
    def file(self) -> AttachedFile:
        """The attached rows: as many as the report counts."""
        return self.attached.population

    @property
    def final(self) -> bool:
        """Whether the period was over when the report was asked for."""
        return self.question.end <= self.made_at

    @property
    def zone(self) -> str:
        """The zone in which the report counts days."""
        return self.question.clock.zone.key

    @property
    def period(self) -> str:
        """The period in words."""
        return period_text(self.question.period, self.question.clock.zone)

    @property
    def running(self) -> str:
        """The head of every page."""
        return f"{self.workspace.name} · {self.period}"

    @property
    def sentence(self) -> str:
        """The question in words."""
        return describe(Query(self.question.query.node), self.question.clock)

    @property
    def sensitive(self) -> int:
        """Events of actions that the catalogue marks as sensitive."""
        return sum(line.count for part in self.categories for line in part.lines if line.sensitive)


def gather(
    connection: Connection,
    run: ReportRun,
    workspace: Workspace,
    attached: Attached,
    domains: frozenset[str],
    interval: int,
    tell: Callable[[str], None],
) -> Contents:
    """Read all of it in the caller's snapshot; the same run reads the same at any later time.

    `domains` are the workspace's own, if configured; `interval` is the time between two pulls, in
    microseconds; `tell` hears what is done now.
    """
    question = question_of(run)
    asked = (connection, question.query, question.scope, question.clock)
    counts = count_by_action(*asked)
    frameworks = order_of(run).frameworks
    tell("Counting")
    charts = gather_charts(connection, question)
    tell("Counting exports")
    exports = gather_exports(connection, question, workspace.zone_info, MOST_LINES)
    tell("Counting permission changes")
    permissions = gather_permissions(connection, question, MOST_ROWS)
    tell("Looking at the feed")
    return Contents(
        id=report_id(run),
        workspace=workspace,
        question=question,
        requested_by=run.requested_by,
        made_at=run.requested_at,
        slot=run.slot,
        parameters=parameters_of(run, question, workspace, domains),
        population=find_population(*asked),
        attached=attached,
        categories=categories_of(counts),
        charts=charts,
        feeds=gather_feeds(connection, question, interval),
        exports=exports,
        permissions=permissions,
        intake=gather_intake(connection, question, counts, MOST_REJECTED),
        deliveries=tuple(count_by_delivery(*asked)),
        totals=gather_totals(connection, question),
        controls=controls_of(frameworks, counts, attached.exceptions.by_action),
        version=auditdash_version(),
        commit=commit(),
        tzdata=tzdata_version(),
    )
