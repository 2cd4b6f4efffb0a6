"""Lists: the first rows of an attached file as they are printed, by the columns of its section."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from auditdash.downloads.cells import plain
from auditdash.events.catalogue import action_label
from auditdash.events.instants import Instant, parse_instant
from auditdash.reports.attached.files import AttachedFile
from auditdash.reports.orders.sections import Cell, Form, Section

_LONGEST_CELL = 1 << 24


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


def gather_listing(section: Section, file: AttachedFile, folder: Path, limit: int) -> Listing:
    """The first `limit` rows of a file that stands in the folder."""
    csv.field_size_limit(_LONGEST_CELL)
    with (folder / file.name).open(encoding="utf-8", newline="") as rows:
        printed = tuple(
            tuple(tuple(_line(cell, row) for cell in column.parts) for column in section.columns)
            for row in islice(csv.DictReader(rows), limit)
        )
    return Listing(section=section, rows=printed, total=file.rows)


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
