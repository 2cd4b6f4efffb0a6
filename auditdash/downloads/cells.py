"""Cells of a CSV file, harmless when a spreadsheet opens it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# Beginnings that make a spreadsheet calculate. The full-width ones do so in East Asian versions.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Value = str | int | None


def defuse(text: str) -> str:
    """The text with an apostrophe before it when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(cells: Sequence[Value]) -> str:
    """One line of RFC 4180, ended by CR LF: text defused and always quoted, numbers bare.

    Quoted always, because a spreadsheet that separates by semicolons would otherwise begin a new,
    possibly calculating, cell inside of a text. None is an empty cell.
    """
    return ",".join(_cell(value) for value in cells) + "\r\n"


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    return '"' + defuse(value).replace('"', '""') + '"'
