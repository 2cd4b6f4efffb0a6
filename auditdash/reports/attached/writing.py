"""Writes the files of a report from one snapshot: its lines, exceptions, sample and lists."""

from __future__ import annotations

from functools import partial
from typing import Final

from msgspec import Struct

from auditdash.reports.attached.files import (
    EXCEPTIONS,
    POPULATION,
    SAMPLE,
    AttachedFile,
    write_rows,
)
from auditdash.reports.attached.lists import iterate_list
from auditdash.reports.attached.population import LINES
from auditdash.reports.attached.sample import Sample, draw, nonce_of
from auditdash.reports.exceptions.gather import Collector, Exceptions
from auditdash.reports.exceptions.rules import rules_of
from auditdash.reports.source import Source

MOST_EXCEPTIONS: Final = 60  # printed for each rule


class Attached(Struct, frozen=True, kw_only=True):
    """The files, and what was learned when they were written; `lists` are those of sections."""

    population: AttachedFile
    exceptions_file: AttachedFile
    sample_file: AttachedFile
    lists: tuple[AttachedFile, ...]
    exceptions: Exceptions
    sample: Sample

    @property
    def files(self) -> tuple[AttachedFile, ...]:
        """All of them."""
        return (self.population, self.exceptions_file, self.sample_file, *self.lists)


def write_attachments(source: Source) -> Attached:
    """Write all of them to the folder of the source."""
    work, order, tell = source.work, source.order, source.tell
    lines = LINES[source.kind.lines]
    population = write_rows(
        work / POPULATION, lines.write(source), partial(tell, f"Collecting {lines.unit[1]}")
    )
    collector = Collector(
        lines.exception_columns, rules_of(source.kind.rules), lines.find(source), MOST_EXCEPTIONS
    )
    exceptions_file = write_rows(
        work / EXCEPTIONS, collector.iterate_csv(), partial(tell, "Looking for exceptions")
    )
    tell("Drawing the sample")
    nonce = order.nonce or nonce_of(population.sha256)
    drawn = draw(lines.numbers(source), source.report, nonce, order.sample)
    pieces, rows = lines.sample(source, drawn)
    sample_file = write_rows(work / SAMPLE, pieces, partial(tell, "Drawing the sample"))
    lists = tuple(
        write_rows(work / name, iterate_list(source, name), partial(tell, f"Writing {name}"))
        for name in source.attached
    )
    return Attached(
        population=population,
        exceptions_file=exceptions_file,
        sample_file=sample_file,
        lists=lists,
        exceptions=collector.found(),
        sample=Sample(size=order.sample, nonce=nonce, own=bool(order.nonce), rows=rows),
    )
