"""Writes the files of a report from one snapshot: all its events, its exceptions, its sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.downloads.csv import iterate_csv
from auditdash.events.catalogue import action_label
from auditdash.events.event import Event
from auditdash.events.instants import Instant
from auditdash.queries.control_totals import iterate_seqs
from auditdash.queries.sight.views import open_view
from auditdash.reports.attached.files import AttachedFile, write_rows
from auditdash.reports.attached.sample import Drawn, draw, iterate_sample, nonce_of
from auditdash.reports.exceptions.finders import Asked
from auditdash.reports.exceptions.gather import Collector, Exceptions
from auditdash.reports.orders.order import order_of
from auditdash.reports.question import Question, question_of, report_id
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import Workspace

POPULATION: Final = "population.csv"
EXCEPTIONS: Final = "exceptions.csv"
SAMPLE: Final = "sample.csv"
MOST_EXCEPTIONS: Final = 60  # printed for each rule

Tell = Callable[[str], None]


class SampleRow(Struct, frozen=True, kw_only=True):
    """One event of the sample, as it is printed."""

    drawn: Drawn
    id: str
    at: Instant
    actor: str | None
    entity: str | None
    label: str


class Sample(Struct, frozen=True, kw_only=True):
    """What was drawn, by which nonce; fewer than `size` where there are not so many events."""

    size: int
    nonce: str
    rows: tuple[SampleRow, ...]


class Attached(Struct, frozen=True, kw_only=True):
    """The files, and what was learned when they were written."""

    population: AttachedFile
    exceptions_file: AttachedFile
    sample_file: AttachedFile
    exceptions: Exceptions
    sample: Sample


def write_attachments(
    connection: Connection,
    run: ReportRun,
    workspace: Workspace,
    domains: frozenset[str],
    work: Path,
    tell: Tell,
) -> Attached:
    """Write all of them to the folder `work`; `domains` are the workspace's own, if configured."""
    question, order = question_of(run), order_of(run)
    pieces = iterate_csv(connection, question.query, question.scope, question.clock)
    population = write_rows(work / POPULATION, pieces, lambda: tell("Collecting events"))
    asked = Asked(
        connection=connection, question=question, zone=workspace.zone_info, domains=domains
    )
    collector = Collector(asked, MOST_EXCEPTIONS)
    exceptions_file = write_rows(
        work / EXCEPTIONS, collector.iterate_csv(), lambda: tell("Looking for exceptions")
    )
    tell("Drawing the sample")
    nonce = order.nonce or nonce_of(population.sha256)
    seqs = iterate_seqs(connection, question.query, question.scope, question.clock)
    drawn = draw(seqs, report_id(run), nonce, order.sample)
    events = list(_events(connection, question, drawn))
    return Attached(
        population=population,
        exceptions_file=exceptions_file,
        sample_file=write_rows(
            work / SAMPLE, iterate_sample(drawn, events), lambda: tell("Drawing the sample")
        ),
        exceptions=collector.found(),
        sample=Sample(
            size=order.sample,
            nonce=nonce,
            rows=tuple(_row(*pair) for pair in zip(drawn, events, strict=True)),
        ),
    )


def _events(connection: Connection, question: Question, drawn: list[Drawn]) -> Iterator[Event]:
    seqs = [each.seq for each in drawn]
    return open_view(connection, question.scope).events(seqs)


def _row(drawn: Drawn, event: Event) -> SampleRow:
    return SampleRow(
        drawn=drawn,
        id=event.id,
        at=event.occurred_at,
        actor=event.actor.username or event.actor.id,
        entity=event.entity.name or event.entity.id,
        label=action_label(event.action),
    )
