"""What one line of a report's population.csv is, and all that depends on it: a registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from auditdash.reports.attached import events, grants
from auditdash.reports.attached.sample import Drawn, SampleRow
from auditdash.reports.exceptions.gather import Met
from auditdash.reports.exceptions.rules import Rule
from auditdash.reports.orders.kinds import EVENTS, GRANTS
from auditdash.reports.source import Source


class Lines(Struct, frozen=True, kw_only=True):
    """How lines of one sort are written, numbered, drawn and looked through.

    `sample` answers the pieces of sample.csv and the rows for paper.
    """

    unit: tuple[str, str]
    write: Callable[[Source], Iterator[bytes]]
    numbers: Callable[[Source], Iterable[int]]
    sample: Callable[[Source, Sequence[Drawn]], tuple[Iterator[bytes], tuple[SampleRow, ...]]]
    exception_columns: Sequence[str]
    find: Callable[[Source], Callable[[Rule], Iterable[Met]]]


LINES: Final[Mapping[str, Lines]] = {
    EVENTS: Lines(
        unit=("event", "events"),
        write=events.iterate_lines,
        numbers=events.iterate_numbers,
        sample=events.draw_sample,
        exception_columns=events.EXCEPTIONS,
        find=events.finder,
    ),
    GRANTS: Lines(
        unit=("grant", "grants"),
        write=grants.iterate_lines,
        numbers=grants.iterate_numbers,
        sample=grants.draw_sample,
        exception_columns=grants.EXCEPTIONS,
        find=grants.finder,
    ),
}
