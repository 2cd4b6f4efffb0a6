"""A sample that is drawn by hash, and that anyone can draw again.

Each event has the SHA-256 of "NONCE:REPORT:SEQ"; the lowest are the sample, in their order. Another
report of the same events has another sample: only a nonce of the auditor's own excludes that
somebody asked until one suited them.
"""

from __future__ import annotations

import csv
import heapq
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final, TextIO

from msgspec import Struct

from auditdash.downloads.cells import Value
from auditdash.downloads.columns import COLUMNS as EVENT_COLUMNS
from auditdash.downloads.columns import cells_of
from auditdash.downloads.csv import iterate_table
from auditdash.events.errors import BadInput
from auditdash.events.event import Event

SIZE: Final = 25
COLUMNS: Final = ("draw", "draw_sha256", *EVENT_COLUMNS)
_NONCE_DIGITS: Final = 32
_LONGEST_CELL: Final = 1 << 24
_NUMBER: Final = re.compile("[0-9]{1,18}")


class Drawn(Struct, frozen=True, order=True):
    """The hash of an event, in hex, and its number."""

    sha256: str
    seq: int


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
    drawn = draw((int(row[0]) for row in _rows(population)), report, nonce, size)
    population.seek(0)
    wanted = {each.seq for each in drawn}
    cells = {int(row[0]): row for row in _rows(population) if int(row[0]) in wanted}
    return iterate_table(
        COLUMNS,
        (
            (number, each.sha256, each.seq, *_texts(cells[each.seq]))
            for number, each in enumerate(drawn, 1)
        ),
    )


def _texts(row: list[str]) -> tuple[Value, ...]:
    return tuple(text or None for text in row[1:])


def _rows(population: TextIO) -> Iterator[list[str]]:
    rows = csv.reader(population)
    if tuple(next(rows, ())) != EVENT_COLUMNS:
        raise BadInput(
            "this is no population.csv of a report", expected=f"the columns {EVENT_COLUMNS[0]}, …"
        )
    for row in rows:
        if not row or not _NUMBER.fullmatch(row[0]) or len(row) != len(EVENT_COLUMNS):
            raise BadInput("this row is no event", where=f"line {rows.line_num:,}")
        yield row
