"""Makes the room for long tables in a page, and fills it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from weasyprint.text.fonts import FontConfiguration

from auditdash.reports.longtables.drawing import ROOM, Filled
from auditdash.reports.longtables.layout import MILLIMETRE, place_columns, set_head, set_sheets
from auditdash.reports.longtables.shaping import Voices, make_voices
from auditdash.reports.longtables.table import LongTable, read_rows_of

_MARKER: Final = '<{room} class="rows" data-rows="{name}"></{room}>'
_STYLE: Final = re.compile("<style>(.*?)</style>", re.DOTALL)


def fill(
    page: str,
    tables: Sequence[LongTable],
    size: tuple[float, float],
    font_config: FontConfiguration,
    tell: Callable[[str], None],
) -> tuple[str, list[Filled], Voices | None]:
    """The page with a room for each sheet of its tables, and the tables in the order of the page.

    `size` is the width and height of the text area of a page, in millimetres.
    """
    here = sorted(
        (table for table in tables if _marker(table) in page),
        key=lambda table: page.index(_marker(table)),
    )
    if not here:
        return page, [], None
    voices = make_voices("".join(_STYLE.findall(page)), font_config)
    filled = []
    for table in here:
        tell(f"Setting the rows of {table.name}")
        done = _fill(table, size, voices)
        filled.append(done)
        page = page.replace(_marker(table), _rooms(done))
    return page, filled, voices


def _marker(table: LongTable) -> str:
    return _MARKER.format(room=ROOM, name=table.name)


def _fill(table: LongTable, size: tuple[float, float], voices: Voices) -> Filled:
    width, height = (each * MILLIMETRE for each in size)
    places = place_columns(table.columns, width)
    head = set_head(places, voices)
    rooms = _heights(table.first_millimetres * MILLIMETRE - head.height, height - head.height)
    sheets = tuple(set_sheets(read_rows_of(Path(table.rows)), places, voices, rooms))
    return Filled(places=places, head=head, sheets=sheets)


def _heights(first: float, full: float) -> Iterator[float]:
    yield first
    while True:
        yield full - 1  # so that rounding never pushes a room to another page


def _rooms(table: Filled) -> str:
    heights = [table.head.height + sheet.height for sheet in table.sheets]
    return "".join(
        f'<{ROOM} style="margin:0 0 4mm; height:{height:.2f}px; break-inside:avoid'
        f'{"; break-before:page" if number else ""}"></{ROOM}>'
        for number, height in enumerate(heights)
    )
