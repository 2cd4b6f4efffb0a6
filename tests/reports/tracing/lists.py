"""What a section of a list should say: the first rows of its file, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Iterator

from auditdash.downloads.cells import plain
from auditdash.reports.orders.sections import Cell, sections
from tests.reports.received import Paper, Row
from tests.reports.tracing.words import printed, said, when


def trace_list(paper: Paper, name: str) -> Iterator[str]:
    """Each printed row, and how many there are."""
    section = sections()[name]
    rows = paper.listed(section.file)
    most = paper.order["rows"]
    for row in rows[:most]:
        cells = [_cell(paper, column.parts, row) for column in section.columns]
        yield said(*cells)
    yield from filter(None, [printed(len(rows), most)])


def _cell(paper: Paper, parts: tuple[Cell, ...], row: Row) -> str:
    first, *others = parts
    if first.form == "box":
        return "☐ keep ☐ remove ☐ change"
    texts = [_text(paper, first, row) or "–"]
    texts += [text for each in others if (text := _text(paper, each, row))]
    return " ".join(texts)


def _text(paper: Paper, part: Cell, row: Row) -> str:
    value = plain(next((row[name] for name in part.names if row[name]), ""))
    if not value:
        return ""
    match part.form:
        case "when":
            return when(paper.local({"at": value}, "at"))
        case "number":
            return f"{int(value):,}"
        case "action":
            return paper.label(value)
        case "asked":
            query = json.loads(value).get("query")
            return f"{part.before} {query}" if query else ""
        case "word" | "tag":
            return value.capitalize()
    return " ".join(f"{part.before} {value}".split())
