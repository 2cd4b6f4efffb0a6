"""Cells of a CSV file, harmless when a spreadsheet opens it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from auditdash.events.folding import FORMULAS

_FORMULA_LINE: Final = re.compile(
    b"\n(?=%b)" % b"|".join(re.escape(each.encode()) for each in FORMULAS if each != "\n")
)

Value = str | int | None


def defuse(text: str) -> str:
    """The text with an apostrophe before it when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def csv_line(cells: Sequence[Value]) -> str:
    """One line of RFC 4180, ended by CR LF: text defused and always quoted, numbers bare.

    Quoted always, because a spreadsheet that separates by semicolons would otherwise begin a new,
    possibly calculating, cell inside of a text. None is an empty cell.
    """
    return ",".join(cell(value) for value in cells) + "\r\n"


def text_cells(texts: Sequence[str]) -> list[bytes]:
    """What `cell` makes of each text, with a comma behind it; the cell of an empty text is empty.

    It is made of all at once, as lines of one text, unless one of them has lines of its own.
    """
    lines = "\n".join(texts).encode()
    if lines.count(b"\n") != len(texts) - 1:
        return [f"{cell(text or None)},".encode() for text in texts]
    return _quoted(_FORMULA_LINE.sub(b"\n'", b"\n" + lines)[1:])


def harmless_cells(texts: Sequence[bytes]) -> list[bytes]:
    """The same of texts that we have written: they are one line each and begin no formula."""
    return _quoted(b"\n".join(texts)) if texts else []


def _quoted(lines: bytes) -> list[bytes]:
    cells = b'"%b",' % lines.replace(b'"', b'""').replace(b"\n", b'",\n"')
    if b"\n\n" not in b"\n%b\n" % lines:
        return cells.split(b"\n")
    return [each if each != b'"",' else b"," for each in cells.split(b"\n")]


def cell(value: Value) -> str:
    """One cell: see `csv_line`."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    return '"' + defuse(value).replace('"', '""') + '"'


def plain(text: str) -> str:
    """What a cell of ours was before it was defused."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULAS) else text
