"""XLSX: the rows with typed dates under a frozen header, and a sheet that tells what was asked.

XlsxWriter makes the frame: styles, header, widths, the sheet About. Into its empty sheets go the
rows that auditdash.downloads.files.sheet makes, as many sheets as they need.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Self
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from auditdash.downloads.files.about import About
from auditdash.downloads.files.sheet import LONGEST, Rows
from auditdash.downloads.tables.table import Column, Kind, Table, Typed
from auditdash.events.folding import storable
from auditdash.events.instants import to_datetime

MOST_ROWS: Final = 1_048_576 - 1  # of a sheet, below its header
_LEVEL: Final = 1  # XML of rows packs well at once; more takes most of the time
_INSTANT, _DAY = "yyyy-mm-dd hh:mm:ss.000", "yyyy-mm-dd"
_WIDTHS: Final[dict[Kind, float]] = {"instant": 23, "day": 11, "whole": 12, "number": 12}
_TEXT_WIDTH: Final = 22
_NAME: Final = re.compile(r"[^A-Za-z0-9 -]")
_SAMPLE: Final = re.compile(rb'<row r="2".*?</row>', re.DOTALL)
_STYLE: Final = re.compile(rb'<c r="[A-Z]+2" s="(\d+)"')
_DIMENSION: Final = re.compile(rb'<dimension ref="[A-Z0-9:]+"/>')
_NOTES: Final = (
    ("times", "UTC, to the millisecond; CSV, NDJSON and Parquet have microseconds"),
    ("text", "stands as it was written: nothing in this file is a formula"),
)


class _Frame(Struct, frozen=True):
    """The sheet of rows, before and behind them, and the styles of dates in it."""

    head: bytes
    tail: bytes
    styles: dict[Kind, str]


def write(table: Table, about: About, path: Path, tell: Callable[[int], None]) -> None:
    """Write the whole file; `tell` hears how many rows there are so far, and may raise."""
    frame = _frame(_workbook(table.columns, about, 1, ()))
    rows = Rows(table.columns, frame.styles)
    with ZipFile(path, "w", ZIP_DEFLATED, allowZip64=True, compresslevel=_LEVEL) as file:
        with _Sheets(file, frame) as sheets:
            for columns in table.typed():
                sheets.write(rows, columns)
                tell(table.rows)
        count = sheets.count
        told = [("rows", f"{table.rows:,}"), *([("sheets", str(count))] if count > 1 else [])]
        if rows.cut:
            told.append(("cut", f"{rows.cut:,} texts longer than a cell may be; each says so"))
        with ZipFile(io.BytesIO(_workbook(table.columns, about, count, told))) as made:
            for entry in made.infolist():
                if not _is_of_rows(entry.filename, count):
                    file.writestr(entry, made.read(entry))


class _Sheets:
    """The sheets of rows, one after the other: one at least."""

    def __init__(self, file: ZipFile, frame: _Frame) -> None:
        self._file, self._frame = file, frame
        self.count = 0
        self._next = MOST_ROWS + 2  # none is open
        self._open: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def write(self, rows: Rows, columns: Sequence[Typed]) -> None:
        """Put them behind the others, on a further sheet where this one is full."""
        start, length = 0, len(columns[0])
        while start < length:
            if self._open is None or self._next > MOST_ROWS + 1:
                self._begin()
            end = min(length, start + MOST_ROWS + 2 - self._next)
            part = [column[start:end] for column in columns]
            if self._open is not None:
                self._open.write(rows.write(part, self._next))
            self._next += end - start
            start = end

    def _begin(self) -> None:
        self._end()
        self.count += 1
        self._next = 2
        entry = ZipInfo(_sheet(self.count))
        entry.compress_type = ZIP_DEFLATED
        self._open = self._file.open(entry, "w", force_zip64=True)
        self._open.write(self._frame.head)

    def _end(self) -> None:
        if self._open is not None:
            self._open.write(self._frame.tail)
            self._open.close()
            self._open = None


def _sheet(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _is_of_rows(name: str, count: int) -> bool:
    return name in {_sheet(number) for number in range(1, count + 1)}


def _workbook(
    columns: Sequence[Column], about: About, sheets: int, told: Sequence[tuple[str, str]]
) -> bytes:
    """All but the rows: sheets with a header and one row that shows its styles, and About."""
    made = io.BytesIO()
    with _writing(made) as book:
        book.set_properties(
            {
                "title": storable(about.title),
                "author": "auditdash",
                "created": to_datetime(about.at).replace(tzinfo=None),
            }
        )
        bold = book.add_format({"bold": True, "bottom": 1})
        dates = [book.add_format({"num_format": each}) for each in (_INSTANT, _DAY)]
        name = _NAME.sub(" ", about.title)[:24].strip() or "Rows"
        for number in range(1, sheets + 1):
            sheet = book.add_worksheet(name if number == 1 else f"{name} ({number})")
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(columns):
                sheet.set_column(place, place, _WIDTHS.get(column.kind, _TEXT_WIDTH))
                sheet.write_string(0, place, storable(column.name)[:LONGEST], bold)
            for place, style in enumerate(dates):
                sheet.write_blank(1, place, None, style)
        _write_about(book.add_worksheet("About"), about, told, bold)
    return made.getvalue()


@contextmanager
def _writing(made: io.BytesIO) -> Iterator[Workbook]:
    book = Workbook(
        made,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    yield book
    book.close()


def _write_about(
    sheet: Worksheet, about: About, told: Sequence[tuple[str, str]], bold: Format
) -> None:
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 100)
    for row, (name, text) in enumerate((*about.lines, *told, *_NOTES)):
        sheet.write_string(row, 0, storable(name)[:LONGEST], bold)
        sheet.write_string(row, 1, storable(text)[:LONGEST])


def _frame(book: bytes) -> _Frame:
    with ZipFile(io.BytesIO(book)) as file:
        sheet = file.read(_sheet(1))
    sample = _SAMPLE.search(sheet)
    if sample is None:
        raise ValueError("XlsxWriter wrote a sheet that is unlike those it wrote before")
    instant, day = (found.decode() for found in _STYLE.findall(sample[0]))
    head = _DIMENSION.sub(b"", sheet[: sample.start()])
    return _Frame(head, sheet[sample.end() :], {"instant": instant, "day": day})
