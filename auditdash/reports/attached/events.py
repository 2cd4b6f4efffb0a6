"""The lines of a report of events: each is one event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from auditdash.downloads.csv import iterate_csv
from auditdash.events.catalogue import action_label
from auditdash.events.event import Event
from auditdash.queries.control_totals import iterate_seqs
from auditdash.queries.sight.views import open_view
from auditdash.reports.attached.sample import Drawn, SampleRow, iterate_sample
from auditdash.reports.exceptions.finders import Asked, find_exceptions
from auditdash.reports.exceptions.gather import COLUMNS, Met, met_of
from auditdash.reports.exceptions.rules import Rule
from auditdash.reports.source import Source

EXCEPTIONS: Final = COLUMNS


def iterate_lines(source: Source) -> Iterator[bytes]:
    """population.csv, oldest first."""
    asked = source.question
    return iterate_csv(source.connection, asked.query, asked.scope, asked.clock)


def iterate_numbers(source: Source) -> Iterable[int]:
    """The numbers of all events."""
    asked = source.question
    return iterate_seqs(source.connection, asked.query, asked.scope, asked.clock)


def draw_sample(
    source: Source, drawn: Sequence[Drawn]
) -> tuple[Iterator[bytes], tuple[SampleRow, ...]]:
    """The events that were drawn, in the order of the draw."""
    seqs = [each.seq for each in drawn]
    found = list(open_view(source.connection, source.question.scope).events(seqs))
    rows = tuple(_row(*pair) for pair in zip(drawn, found, strict=True))
    return iterate_sample(drawn, found), rows


def finder(source: Source) -> Callable[[Rule], Iterable[Met]]:
    """What finds the events of a rule."""
    asked = Asked(
        connection=source.connection,
        question=source.question,
        zone=source.workspace.zone_info,
        domains=source.domains,
    )
    return lambda rule: (met_of(event, note) for event, note in find_exceptions(asked, rule))


def _row(drawn: Drawn, event: Event) -> SampleRow:
    return SampleRow(
        drawn=drawn,
        id=event.id,
        at=event.occurred_at,
        actor=event.actor.username or event.actor.id,
        entity=event.entity.name or event.entity.id,
        label=action_label(event.action),
    )
