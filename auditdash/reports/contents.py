"""Everything a compliance report says, gathered as plain values from one snapshot.

Whatever is counted here can be counted again in the attached population.csv.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.charts.overview import draw_by_category, draw_over_time, draw_top_actors
from auditdash.charts.series import Series
from auditdash.charts.still import svg
from auditdash.events.catalogue import (
    action_label,
    actions,
    categories,
    category_of,
    find_action,
)
from auditdash.events.instants import Instant
from auditdash.queries.evidence import (
    ActionCount,
    ConflictRow,
    Delivery,
    Population,
    RejectedRow,
    count_by_action,
    count_by_delivery,
    find_conflicts,
    find_population,
    find_rejected,
)
from auditdash.queries.histogram import count_over_time
from auditdash.queries.rankings import count_by_category, rank_actors
from auditdash.reports.build import auditdash_version, commit, tzdata_version
from auditdash.reports.question import Question, question_of
from auditdash.reports.sections.exports import Exports, gather_exports
from auditdash.reports.sections.feeds import FeedLine, gather_feeds
from auditdash.reports.sections.permissions import Permissions, gather_permissions
from auditdash.search.period import period_text
from auditdash.search.query import Query
from auditdash.search.sentence import describe
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import Workspace

# Printed rows of each list; the attachment has all of them, and the page says so.
MOST_ROWS: Final = 500
MOST_LINES: Final = 150
MOST_REJECTED: Final = 100
_TOP: Final = 8


class PopulationFile(Struct, frozen=True, kw_only=True):
    """The attached rows: as many as the report counts, and their SHA-256."""

    name: str
    rows: int
    size: int
    sha256: str


class ActionLine(Struct, frozen=True, kw_only=True):
    """One action of the catalogue, or an unmapped one, with what occurred of it; 0 too."""

    name: str
    label: str
    sensitive: bool
    count: int = 0
    actors: int = 0
    first_at: Instant | None = None
    last_at: Instant | None = None


class CategoryPart(Struct, frozen=True, kw_only=True):
    """A category with each of its actions."""

    slug: str
    label: str
    count: int
    lines: tuple[ActionLine, ...]


class Chart(Struct, frozen=True, kw_only=True):
    """A drawn chart and its title."""

    title: str
    svg: Markup


class Intake(Struct, frozen=True, kw_only=True):
    """What could not be counted as it came."""

    unmapped: tuple[ActionLine, ...]
    rejected: int
    rejected_rows: tuple[RejectedRow, ...]
    conflicts: int
    conflict_rows: tuple[ConflictRow, ...]

    @property
    def unmapped_count(self) -> int:
        """Events of actions that the catalogue does not know."""
        return sum(line.count for line in self.unmapped)


class Contents(Struct, frozen=True, kw_only=True):
    """A report before it is laid out."""

    id: str
    workspace: Workspace
    question: Question
    requested_by: str
    made_at: Instant
    population: Population
    file: PopulationFile
    categories: tuple[CategoryPart, ...]
    charts: dict[str, Chart]
    feeds: tuple[FeedLine, ...]
    exports: Exports
    permissions: Permissions
    intake: Intake
    deliveries: tuple[Delivery, ...]
    version: str
    commit: str
    tzdata: str

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
    file: PopulationFile,
    interval: int,
) -> Contents:
    """Read all of it in the caller's snapshot; the same run reads the same at any later time.

    `interval` is the time between two pulls, in microseconds.
    """
    question = question_of(run)
    asked = (connection, question.query, question.scope, question.clock)
    counts = count_by_action(*asked)
    return Contents(
        id=report_id(run),
        workspace=workspace,
        question=question,
        requested_by=run.requested_by,
        made_at=run.requested_at,
        population=find_population(*asked),
        file=file,
        categories=_categories(counts),
        charts=_charts(connection, question),
        feeds=gather_feeds(connection, question, interval),
        exports=gather_exports(connection, question, workspace.zone_info, MOST_LINES),
        permissions=gather_permissions(connection, question, MOST_ROWS),
        intake=_intake(connection, question, counts),
        deliveries=tuple(count_by_delivery(*asked)),
        version=auditdash_version(),
        commit=commit(),
        tzdata=tzdata_version(),
    )


def report_id(run: ReportRun) -> str:
    """What people call the report: `AD-000012`."""
    return f"AD-{run.id:06}"


def _categories(counts: dict[str, ActionCount]) -> tuple[CategoryPart, ...]:
    names = [action.name for action in actions()]
    names += sorted(name for name in counts if find_action(name) is None)
    lines = [_line(name, counts.get(name)) for name in names]
    return tuple(
        CategoryPart(
            slug=category.slug,
            label=category.label,
            count=sum(line.count for line in lines if category_of(line.name) == category.slug),
            lines=tuple(line for line in lines if category_of(line.name) == category.slug),
        )
        for category in categories()
    )


def _line(name: str, counted: ActionCount | None) -> ActionLine:
    action = find_action(name)
    return ActionLine(
        name=name,
        label=action_label(name),
        sensitive=action is not None and action.sensitive,
        count=counted.count if counted else 0,
        actors=counted.actors if counted else 0,
        first_at=counted.first_at if counted else None,
        last_at=counted.last_at if counted else None,
    )


def _intake(connection: Connection, question: Question, counts: dict[str, ActionCount]) -> Intake:
    made_at = question.clock.now
    rejected, rejected_rows = find_rejected(
        connection, question.scope, question.period, made_at, MOST_REJECTED
    )
    conflicts, conflict_rows = find_conflicts(
        connection, question.query, question.scope, question.clock, made_at, MOST_REJECTED
    )
    unmapped = sorted(name for name in counts if find_action(name) is None)
    return Intake(
        unmapped=tuple(_line(name, counts[name]) for name in unmapped),
        rejected=rejected,
        rejected_rows=tuple(rejected_rows),
        conflicts=conflicts,
        conflict_rows=tuple(conflict_rows),
    )


def _charts(connection: Connection, question: Question) -> dict[str, Chart]:
    asked = (connection, question.query, question.scope, question.clock)
    over_time = draw_over_time(count_over_time(*asked), question.query, question.clock)
    by_category = draw_by_category(count_by_category(*asked), question.query)
    actors = draw_top_actors(rank_actors(*asked, limit=_TOP), question.query)
    return {
        "over_time": _chart(over_time, 658, 230),
        "by_category": _chart(by_category, 316),
        "top_actors": _chart(actors, 316),
    }


def _chart(series: Series, width: float, height: float = 0) -> Chart:
    # The title of the SVG is what a screen reader says of the figure.
    said = replace(series, title=f"{series.title}. {series.summary}")
    # charts.still escapes every text that it draws
    return Chart(title=series.title, svg=Markup(svg(said, width, height)))  # noqa: S704 - escaped there
