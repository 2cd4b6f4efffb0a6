"""A sample that is drawn by hash, and that anyone can draw again.

Each event has the SHA-256 of "NONCE:REPORT:SEQ"; the lowest are the sample, in their order. Another
report of the same events has another sample: only a nonce of the auditor's own excludes that
somebody asked until one suited them.
"""

from __future__ import annotations

import csv
import heapq
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final, TextIO

from msgspec import Struct

from auditdash.downloads.access_rows import GRANTS as GRANT_COLUMNS
from auditdash.downloads.cells import Value
from auditdash.downloads.columns import COLUMNS as EVENT_COLUMNS
from auditdash.downloads.columns import cells_of
from auditdash.downloads.csv import iterate_table
from auditdash.events.errors import BadInput
from auditdash.events.event import Event
from auditdash.events.instants import Instant

SIZE: Final = 25
DRAW: Final = ("draw", "draw_sha256")
COLUMNS: Final = (*DRAW, *EVENT_COLUMNS)
# The columns that a population.csv can have; the first is the number that is drawn.
_KNOWN: Final = frozenset({EVENT_COLUMNS, GRANT_COLUMNS})
_NONCE_DIGITS: Final = 32
_LONGEST_CELL: Final = 1 << 24
_NUMBER: Final = re.compile("[0-9]{1,18}")


class Drawn(Struct, frozen=True, order=True):
    """The hash of an event, in hex, and its number."""

    sha256: str
    seq: int


class SampleRow(Struct, frozen=True, kw_only=True):
    """One line of the sample, as it is printed."""

    drawn: Drawn
    id: str
    at: Instant | None
    actor: str | None
    entity: str | None
    label: str


class Sample(Struct, frozen=True, kw_only=True):
    """What was drawn, by which nonce; fewer than `size` where there are not so many lines. `own`:
    the nonce was given, else it follows from the rows."""

    size: int
    nonce: str
    own: bool
    rows: tuple[SampleRow, ...]


def nonce_of(population_sha256: str) -> str:
    """The nonce when nobody names one: it follows from the rows, not from a person."""
    return population_sha256[:_NONCE_DIGITS]


def draw(seqs: Iterable[int], report: str, nonce: str, size: int) -> list[Drawn]:
    """The `size` events with the lowest hashes, lowest first; all, where there are not so many."""
    return heapq.nsmallest(size, (Drawn(_hash(nonce, report, seq), seq) for seq in seqs))


def _hash(nonce: str, report: str, seq: int) -> str:
    return sha256(f"{nonce}:{report}:{seq}".encode()).hexdigest()


def iterate_sample(drawn: Iterable[Drawn], events: Iterable[Event]) -> Iterator[bytes]:
    """sample.csv; the events are in the order of the draw."""
    pairs = zip(drawn, events, strict=True)
    return iterate_table(
        COLUMNS,
        (
            (number, each.sha256, *(cell or None for cell in cells_of(event)))
            for number, (each, event) in enumerate(pairs, 1)
        ),
    )


def redraw(population: TextIO, report: str, nonce: str, size: int) -> Iterator[bytes]:
    """The same file from nothing but population.csv, which is read twice (so it can be large).

    A file with other columns is BadInput.
    """
    csv.field_size_limit(_LONGEST_CELL)
    _, rows = _read(population)
    drawn = draw((int(row[0]) for row in rows), report, nonce, size)
    header, cells = find_rows(population, {each.seq for each in drawn})
    return redraw_rows(header, drawn, cells)


def redraw_rows(
    header: Sequence[str], drawn: Sequence[Drawn], cells: Mapping[int, Sequence[str]]
) -> Iterator[bytes]:
    """sample.csv of rows that were read; `cells` are those of population.csv by number."""
    return iterate_table(
        (*DRAW, *header),
        (
            (number, each.sha256, each.seq, *_texts(cells[each.seq]))
            for number, each in enumerate(drawn, 1)
        ),
    )


def find_rows(
    population: TextIO, wanted: Collection[int]
) -> tuple[tuple[str, ...], dict[int, list[str]]]:
    """The header, and the rows of these numbers as they were read."""
    csv.field_size_limit(_LONGEST_CELL)
    population.seek(0)
    header, rows = _read(population)
    return header, {int(row[0]): row for row in rows if int(row[0]) in wanted}


def _texts(row: Sequence[str]) -> tuple[Value, ...]:
    return tuple(text or None for text in row[1:])


def _read(population: TextIO) -> tuple[tuple[str, ...], Iterator[list[str]]]:
    rows = csv.reader(population)
    header = tuple(next(rows, ()))
    if header not in _KNOWN:
        raise BadInput(
            "this is no population.csv of a report",
            expected=f"the columns {EVENT_COLUMNS[0]}, … or {GRANT_COLUMNS[0]}, …",
        )
    return header, _rows(population, len(header))


def _rows(population: TextIO, width: int) -> Iterator[list[str]]:
    population.seek(0)
    rows = csv.reader(population)
    next(rows)
    for row in rows:
        if not row or not _NUMBER.fullmatch(row[0]) or len(row) != width:
            raise BadInput("this row is none of a population", where=f"line {rows.line_num:,}")
        yield row
