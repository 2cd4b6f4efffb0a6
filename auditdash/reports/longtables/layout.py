"""Rows to pages: which lines of which cells stand where. Lengths are CSS pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from auditdash.reports.longtables.shaping import Line, Voice, Voices
from auditdash.reports.longtables.table import Cell, Column

MILLIMETRE: Final = 96 / 25.4
_ABOVE: Final = 1.1 * MILLIMETRE
_GAP: Final = 2 * MILLIMETRE
_RULE: Final = 0.75

Tone = Literal["head", "text", "note"]


class Set(Struct, frozen=True):
    """A line of a cell and the style that it is written in."""

    line: Line
    tone: Tone


class Place(Struct, frozen=True, kw_only=True):
    """Where a column stands: from its left edge, that wide without the gap to the next one."""

    left: float
    width: float
    column: Column


class Part(Struct, frozen=True, kw_only=True):
    """A row, or what of it stands on one page: the lines of each of its cells, top down."""

    cells: tuple[tuple[Set, ...], ...]
    height: float


class Sheet(Struct, frozen=True, kw_only=True):
    """What stands on one page below the head of the table."""

    parts: tuple[Part, ...]
    height: float


def place_columns(columns: Sequence[Column], width: float) -> tuple[Place, ...]:
    """The columns beside each other; those without a width share what is left."""
    fixed = sum((each.millimetres or 0) * MILLIMETRE for each in columns)
    free = sum(each.millimetres is None for each in columns)
    share = (width - fixed) / free if free else 0.0
    places, left = [], 0.0
    for number, column in enumerate(columns, 1):
        whole = share if column.millimetres is None else column.millimetres * MILLIMETRE
        inner = whole if number == len(columns) else whole - _GAP
        places.append(Place(left=left, width=inner, column=column))
        left += whole
    return tuple(places)


def set_head(places: Sequence[Place], voices: Voices) -> Part:
    """The head of the table, as it stands on each page."""
    cells = tuple(_lines(each.column.title, each, voices.head, "head") for each in places)
    return Part(cells=cells, height=_height(cells, voices))


def set_sheets(
    rows: Iterable[Sequence[Cell]],
    places: Sequence[Place],
    voices: Voices,
    rooms: Iterator[float],
) -> Iterator[Sheet]:
    """Fill one page after the other; `rooms` tells the height of each, without the head.

    A row that does not fit goes to the next page whole, and is only broken when no page has room.
    """
    room = next(rooms)
    parts: list[Part] = []
    used = 0.0
    for row in rows:
        rest: Part | None = _set_row(row, places, voices)
        while rest is not None:
            if used + rest.height <= room:
                parts.append(rest)
                used += rest.height
                break
            if parts:
                yield Sheet(parts=tuple(parts), height=used)
                parts, used, room = [], 0.0, next(rooms)
                continue
            first, rest = _broken(rest, room, voices)
            parts, used = [first], first.height
    yield Sheet(parts=tuple(parts), height=used)


def _set_row(row: Sequence[Cell], places: Sequence[Place], voices: Voices) -> Part:
    cells = tuple(
        (
            *_lines(cell.text, place, voices.text, "text"),
            *_lines(cell.note, place, voices.note, "note"),
        )
        for cell, place in zip(row, places, strict=True)
    )
    return Part(cells=cells, height=_height(cells, voices))


def _lines(text: str, place: Place, voice: Voice, tone: Tone) -> tuple[Set, ...]:
    return tuple(Set(line, tone) for line in voice.lines(text, place.width))


def _height(cells: Sequence[Sequence[Set]], voices: Voices) -> float:
    inner = max(sum(line_height(each.tone, voices) for each in cell) for cell in cells)
    return inner + 2 * _ABOVE + _RULE


def _broken(part: Part, room: float, voices: Voices) -> tuple[Part, Part | None]:
    """As many lines of each cell as the room has place for, one at least, and what is left."""
    fitting: list[tuple[Set, ...]] = []
    left: list[tuple[Set, ...]] = []
    for cell in part.cells:
        used, count = 2 * _ABOVE + _RULE, 0
        for each in cell:
            used += line_height(each.tone, voices)
            if count and used > room:
                break
            count += 1
        fitting.append(cell[:count])
        left.append(cell[count:])
    first = Part(cells=tuple(fitting), height=_height(fitting, voices))
    rest = Part(cells=tuple(left), height=_height(left, voices)) if any(left) else None
    return first, rest


def line_height(tone: Tone, voices: Voices) -> float:
    """How high a line of a style is."""
    voice: Voice = getattr(voices, tone)
    return voice.line_height


def top_of_text() -> float:
    """From the top of a row to its first line."""
    return _ABOVE
