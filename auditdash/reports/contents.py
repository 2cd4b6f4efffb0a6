"""Everything a report says, each part gathered when it is asked for, from one snapshot.

A template, a figure and a light ask for what they need, so that a kind of report reads nothing that
it does not print. Whatever is counted here can be counted again in the attached files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from auditdash.events.instants import Instant
from auditdash.queries.evidence import (
    ActionCount,
    Delivery,
    Population,
    count_by_action,
    count_by_delivery,
    find_population,
)
from auditdash.reports.attached.counted import iterate_rows
from auditdash.reports.attached.files import AttachedFile
from auditdash.reports.attached.grants import moment_of
from auditdash.reports.attached.population import LINES
from auditdash.reports.attached.writing import Attached
from auditdash.reports.build import auditdash_version, commit, tzdata_version
from auditdash.reports.orders.dates import Dates, languages
from auditdash.reports.orders.kinds import EVENTS, Kind
from auditdash.reports.orders.order import Order
from auditdash.reports.orders.sections import Section
from auditdash.reports.question import Question
from auditdash.reports.sections import standing
from auditdash.reports.sections.actions import CategoryPart, categories_of
from auditdash.reports.sections.controls import FrameworkPart, controls_of
from auditdash.reports.sections.exports import Exports, gather_exports
from auditdash.reports.sections.feeds import FeedLine, gather_feeds
from auditdash.reports.sections.intake import Intake, gather_intake
from auditdash.reports.sections.listing import Listing, gather_listing
from auditdash.reports.sections.parameters import Parameter, parameters_of
from auditdash.reports.sections.permissions import Permissions, gather_permissions
from auditdash.reports.sections.pictures import Chart, gather_charts
from auditdash.reports.sections.totals import Totals, gather_totals
from auditdash.reports.source import Source
from auditdash.search.help.sentence import describe
from auditdash.search.query import Query
from auditdash.store.workspaces import Workspace

# Printed rows of each list; the attachment has all of them, and the page says so.
MOST_LINES: Final = 150
MOST_REJECTED: Final = 100


class Contents:
    """A report before it is laid out; it reads in the caller's snapshot, which must be open."""

    def __init__(self, source: Source, attached: Attached) -> None:
        self._source = source
        self._asked = (
            source.connection,
            source.question.query,
            source.question.scope,
            source.question.clock,
        )
        self.attached: Attached = attached
        self.id: str = source.report
        self.kind: Kind = source.kind
        self.order: Order = source.order
        self.workspace: Workspace = source.workspace
        self.question: Question = source.question
        self.requested_by: str = source.run.requested_by
        self.made_at: Instant = source.run.requested_at
        self.slot: Instant | None = source.run.slot
        self.scheduled: bool = source.run.schedule_id is not None
        self.sections: tuple[Section, ...] = source.sections
        self.version: str = auditdash_version()
        self.commit: str = commit()
        self.tzdata: str = tzdata_version()

    @property
    def file(self) -> AttachedFile:
        """The attached rows: as many as the report counts."""
        return self.attached.population

    @property
    def of_events(self) -> bool:
        """Whether its lines are events."""
        return self.kind.lines == EVENTS

    @property
    def unit(self) -> tuple[str, str]:
        """What one of its lines is called, and what many are."""
        return LINES[self.kind.lines].unit

    @property
    def final(self) -> bool:
        """Whether the period was over when the report was asked for."""
        return self.question.end <= self.made_at

    @property
    def moment(self) -> Instant:
        """The moment of which a review tells."""
        return moment_of(self._source)

    @property
    def zone(self) -> str:
        """The zone in which the report counts days."""
        return self.question.clock.zone.key

    @property
    def dates(self) -> Dates:
        """How it writes dates."""
        return languages()[self.order.language]

    @property
    def period(self) -> str:
        """The period in words."""
        return self.dates.period_text(self.question.period, self.question.clock.zone)

    @property
    def title(self) -> str:
        """What stands on the cover."""
        return self.order.title or self.kind.title

    @property
    def running(self) -> str:
        """The head of every page."""
        return f"{self.workspace.name} · {self.period}"

    @property
    def sentence(self) -> str:
        """The question in words."""
        if self.of_events:
            return describe(Query(self.question.query.node), self.question.clock)
        moment = self.dates.moment_text(self.moment, self.question.clock.zone)
        asked = f", of the search {self.question.text}" if self.question.text else ""
        return f"Access as of {moment}{asked}"

    def has(self, name: str) -> bool:
        """Whether a section is printed."""
        return any(section.name == name for section in self.sections)

    def better(self, *names: str) -> str:
        """The first of these sections that is printed, else the one that always is."""
        return next((name for name in names if self.has(name)), "evidence")

    def attached_file(self, name: str) -> AttachedFile:
        """One of its files."""
        return next(file for file in self.attached.files if file.name == name)

    def listing(self, section: Section) -> Listing:
        """The first rows of a list."""
        file = self.attached_file(section.file)
        return gather_listing(section, file, self._source.work, self.order.rows)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All that could be chosen."""
        return parameters_of(self._source)

    @cached_property
    def population(self) -> Population:
        """The control totals of its events."""
        return find_population(*self._asked)

    @cached_property
    def actions(self) -> Mapping[str, ActionCount]:
        """Each action that occurs."""
        self._source.tell("Counting")
        return count_by_action(*self._asked)

    @cached_property
    def categories(self) -> tuple[CategoryPart, ...]:
        """Each category with all of its actions."""
        return categories_of(self.actions)

    @property
    def sensitive(self) -> int:
        """Events of actions that the catalogue marks as sensitive."""
        return sum(line.count for part in self.categories for line in part.lines if line.sensitive)

    @cached_property
    def charts(self) -> tuple[Chart, ...]:
        """Three charts."""
        return gather_charts(self._source)

    @cached_property
    def feeds(self) -> tuple[FeedLine, ...]:
        """How much of each feed was fetched."""
        self._source.tell("Looking at the feed")
        return gather_feeds(self._source.connection, self.question, self._source.interval)

    @cached_property
    def exports(self) -> Exports:
        """Its exports."""
        self._source.tell("Counting exports")
        zone = self.workspace.zone_info
        return gather_exports(self._source.connection, self.question, zone, MOST_LINES)

    @cached_property
    def permissions(self) -> Permissions:
        """Its permission changes."""
        self._source.tell("Counting permission changes")
        return gather_permissions(self._source.connection, self.question, self.order.rows)

    @cached_property
    def intake(self) -> Intake:
        """What could not be counted as it came."""
        counts = self.actions if self.of_events else {}
        return gather_intake(self._source.connection, self.question, counts, MOST_REJECTED)

    @cached_property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Where its events came from."""
        return tuple(count_by_delivery(*self._asked))

    @cached_property
    def totals(self) -> Totals:
        """Control totals by day, and what came in."""
        return gather_totals(self._source.connection, self.question)

    @cached_property
    def controls(self) -> tuple[FrameworkPart, ...]:
        """The control matrix of the frameworks that were asked for."""
        exceptions = self.attached.exceptions.by_action
        return controls_of(self.order.frameworks, self.actions, exceptions)

    @cached_property
    def grants(self) -> standing.Grants:
        """Numbers of a review."""
        return standing.count_grants(self._source)

    @cached_property
    def tokens(self) -> standing.Tokens:
        """Numbers of API tokens."""
        return standing.count_tokens(self._source)

    @cached_property
    def recipients(self) -> standing.Recipients:
        """Numbers of recipients of schedules."""
        return standing.count_recipients(self._source)

    @cached_property
    def readings(self) -> standing.Readings:
        """Numbers of readings of the log."""
        return standing.count_readings(self._source)

    @cached_property
    def changed(self) -> Mapping[tuple[str, str], int]:
        """How many names changed since the period before, by kind and change; empty where the
        report does not tell."""
        if "changed.csv" not in self._source.attached:
            return {}
        rows = iterate_rows(self._source, "changed.csv")
        return Counter((row["kind"], row["change"]) for row in rows)

    @cached_property
    def differences(self) -> Mapping[str, int]:
        """How much access was gained, lost or changed in the period of a review."""
        rows = iterate_rows(self._source, "differences.csv")
        return Counter(row["difference"] for row in rows)
