"""The rows of a sheet of XLSX as its XML: many at once, text as text, never a formula.

A library writes each cell by itself, which takes ten times as long; so rows are ours, and all else
of the file is the library's (auditdash.downloads.files.xlsx).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from auditdash.downloads.tables.table import Column, Kind, Typed
from auditdash.events.instants import DAY, Instant, to_rfc3339

LONGEST: Final = 32_767  # characters of a cell, as Excel counts them: UTF-16
_MOST_EXACT: Final = 1 << 53  # a larger whole number would lose digits
_DAY_ZERO: Final = 25_569  # 1970-01-01 in the days of Excel
_FIRST_DAY: Final = 61  # 1900-03-01: before it Excel counts a day that never was
# Not in XML 1.0; and what Excel would read as one of its own escapes.
_FOREIGN: Final = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
_MARKUP: Final = re.compile("[&<>]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CUT: Final = " […cut: {:,} characters in all. CSV, NDJSON and Parquet have them.]"


class Rows:
    """Makes the rows of one table. `styles` are the numbers of the styles of instants and days;
    `cut` is how many texts were too long for a cell, and say so at their end."""

    def __init__(self, columns: Sequence[Column], styles: dict[Kind, str]) -> None:
        self.cut = 0
        self._heads = [f'<c r="{letters(place)}' for place in range(len(columns))]
        self._writers = [self._writer(column.kind, styles) for column in columns]

    def write(self, columns: Sequence[Typed], first: int) -> bytes:
        """The rows with these numbers on, counted from 1."""
        count = len(columns[0])
        numbers = [str(number) for number in range(first, first + count)]
        width = 3 * len(columns) + 3
        pieces = [""] * (width * count)
        pieces[0::width] = ['<row r="'] * count
        pieces[1::width] = numbers
        pieces[2::width] = ['">'] * count
        for place, column in enumerate(columns):
            at = 3 * place + 3
            pieces[at::width] = [self._heads[place]] * count
            pieces[at + 1 :: width] = numbers
            pieces[at + 2 :: width] = self._made(place, column)
        pieces[width - 1 :: width] = [each + "</row>" for each in pieces[width - 1 :: width]]
        return "".join(pieces).encode()

    def _made(self, place: int, column: Typed) -> list[str]:
        write = self._writers[place]
        distinct = set(column)
        if len(distinct) * 2 > len(column):
            return [write(value) for value in column]
        made = {value: write(value) for value in distinct}
        return [made[value] for value in column]

    def _writer(self, kind: Kind, styles: dict[Kind, str]) -> Callable[[Any], str]:
        style = styles.get(kind, "")
        if kind in ("instant", "day"):
            return lambda value: _date(value, kind, style)
        return _number if kind in ("whole", "number") else self._text

    def _text(self, value: str | None) -> str:
        if value is None:
            return '"/>'
        if len(value) > LONGEST // 2:
            value = self._shortened(value)
        return _text(value)

    def _shortened(self, value: str) -> str:
        if _size(value) <= LONGEST:
            return value
        self.cut += 1
        said = _CUT.format(len(value))
        return (
            value.encode("utf-16-le", "replace")[: 2 * (LONGEST - len(said))].decode(
                "utf-16-le", "ignore"
            )
            + said
        )


def letters(place: int) -> str:
    """The name of a column, counted from 0: A, B, … Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _size(value: str) -> int:
    return len(value.encode("utf-16-le", "replace")) // 2


def _text(value: str) -> str:
    if _FOREIGN.search(value):
        value = _FOREIGN.sub(_escape, value)
    if _MARKUP.search(value):
        value = _MARKUP.sub(lambda found: _ENTITIES[found[0]], value)
    space = ' xml:space="preserve"' if value != value.strip() or "\n" in value else ""
    return f'" t="inlineStr"><is><t{space}>{value}</t></is></c>'


def _escape(found: re.Match[str]) -> str:
    """As Excel itself writes what XML cannot have; what it cannot have either is told as such."""
    code = ord(found[0])
    return "\ufffd" if code >= 0xD800 else f"_x{code:04X}_"


def _number(value: int | float | None) -> str:
    if value is None:
        return '"/>'
    if isinstance(value, int) and abs(value) > _MOST_EXACT:
        return _text(str(value))
    return f'"><v>{value!r}</v></c>'


def _date(value: int | None, kind: Kind, style: str) -> str:
    """As a number of days; what is before the calendar of Excel as text."""
    if value is None:
        return '"/>'
    instant = Instant(value if kind == "instant" else value * DAY)
    days = instant / DAY + _DAY_ZERO
    if days < _FIRST_DAY:
        text = to_rfc3339(instant)
        return _text(text if kind == "instant" else text[:10])
    return f'" s="{style}"><v>{days!r}</v></c>'
