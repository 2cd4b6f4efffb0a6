"""Lists: the first rows of an attached file as they are printed, by the columns of its section."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from auditdash.downloads.cells import plain
from auditdash.events.catalogue import action_label
from auditdash.events.instants import Instant, parse_instant, to_datetime
from auditdash.events.wording import time_text
from auditdash.reports.attached.files import AttachedFile
from auditdash.reports.longtables import table
from auditdash.reports.longtables.table import LongTable
from auditdash.reports.orders.order import Paper
from auditdash.reports.orders.sections import Cell, Column, Form, Section

_LONGEST_CELL = 1 << 24
LONG: Final = 200  # rows; WeasyPrint's own tables take 10 to 20 ms for each
_BOXES: Final = "☐\u00a0keep ☐\u00a0remove ☐\u00a0change"
_ABOVE_MM: Final = 38  # heading and lead of a section
# The text area of a page in millimetres, as paper.css leaves it.
TEXT_AREAS: Final[Mapping[Paper, tuple[float, float]]] = {
    "A4": (174, 253),
    "Letter": (179.9, 235.4),
}


class Line(Struct, frozen=True, kw_only=True):
    """One line of a cell on paper; `value` None: there is nothing in the file."""

    form: Form
    before: str
    value: Instant | int | str | None


class Listing(Struct, frozen=True, kw_only=True):
    """Rows of cells of lines; `total` rows are in the file."""

    section: Section
    rows: tuple[tuple[tuple[Line, ...], ...], ...]
    total: int

    @property
    def is_long(self) -> bool:
        """Whether reports.longtables sets it: many rows, from the top of a page."""
        return len(self.rows) > LONG and not self.section.flow


def gather_listing(section: Section, file: AttachedFile, folder: Path, limit: int) -> Listing:
    """The first `limit` rows of a file that stands in the folder."""
    csv.field_size_limit(_LONGEST_CELL)
    with (folder / file.name).open(encoding="utf-8", newline="") as rows:
        printed = tuple(
            tuple(tuple(_line(cell, row) for cell in column.parts) for column in section.columns)
            for row in islice(csv.DictReader(rows), limit)
        )
    return Listing(section=section, rows=printed, total=file.rows)


def write_long_table(listing: Listing, zone: ZoneInfo, paper: Paper, folder: Path) -> LongTable:
    """The rows of a long list, in a file of the folder, as they are set on paper."""
    name = listing.section.name
    path = folder / f"{name}.rows"
    table.write_rows_of(path, ([_cell(cell, zone) for cell in row] for row in listing.rows))
    return LongTable(
        name=name,
        columns=tuple(map(_column, listing.section.columns, range(len(listing.section.columns)))),
        rows=str(path),
        first_millimetres=TEXT_AREAS[paper][1] - _ABOVE_MM,
    )


def _column(column: Column, place: int) -> table.Column:
    return table.Column(
        title=column.head,
        millimetres=column.width or None,
        align="right" if column.is_number else "left",
        is_header=place == 0,
    )


def _cell(lines: tuple[Line, ...], zone: ZoneInfo) -> table.Cell:
    first, *others = lines
    if first.form == "box":
        return table.Cell("", _BOXES)
    notes = [_text(each, zone) for each in others if each.value is not None]
    return table.Cell(_text(first, zone), ", ".join(notes))


def _text(line: Line, zone: ZoneInfo) -> str:
    if line.value is None:
        return "" if line.before else "–"
    match line.form:
        case "when":
            at = Instant(int(line.value))
            return f"{to_datetime(at, zone):%Y-%m-%d} {time_text(at, zone)}"
        case "number":
            return f"{line.value:,}"
        case "word" | "tag":
            return str(line.value).capitalize()
    return f"{line.before} {line.value}".strip()


def _line(cell: Cell, row: Mapping[str, str]) -> Line:
    text = next((row[name] for name in cell.names if row[name]), "")
    return Line(form=cell.form, before=cell.before, value=_value(cell.form, plain(text)))


def _asked(context: str) -> str | None:
    """The search that a reading of the log was about."""
    told = msgspec.json.decode(context)
    query = told.get("query") if isinstance(told, dict) else None
    return query if isinstance(query, str) and query else None


def _value(form: Form, text: str) -> Instant | int | str | None:
    if not text:
        return None
    match form:
        case "when":
            return parse_instant(text)
        case "number":
            return int(text)
        case "action":
            return action_label(text)
        case "asked":
            return _asked(text)
    return text
