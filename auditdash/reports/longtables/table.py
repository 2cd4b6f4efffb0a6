"""What a long table is: its columns, and its rows in a file of their own.

WeasyPrint makes boxes, styles and layouts of each cell anew, 10 to 20 ms a row. A long table has
one style, so that each word of it is shaped once: a template leaves room for it with the macro
`long_table`, and the process that prints fills the room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from auditdash.events.wording import printable
from auditdash.reports.printing.fonts import on_paper

LONGEST: Final = 240


class Column(Struct, frozen=True, kw_only=True):
    """`millimetres` of its width, None for an equal part of what is left.

    `is_header`: its cells say what their row is about; one column of a table at least.
    """

    title: str
    millimetres: float | None = None
    align: Literal["left", "right"] = "left"
    is_header: bool = False


class Cell(Struct, frozen=True, array_like=True):
    """A text, and a smaller one below it."""

    text: str
    note: str = ""


class LongTable(Struct, frozen=True, kw_only=True):
    """`rows` is the path of what write_rows_of wrote; `name` is the one in the template.

    `first_millimetres` is the room below the heading on the first page.
    """

    name: str
    columns: tuple[Column, ...]
    rows: str
    first_millimetres: float = 222


def write_rows_of(path: Path, rows: Iterable[Sequence[Cell | str]]) -> int:
    """Write the rows, one at a time, as they can be printed; answers how many there are.

    A text without a glyph, with controls, or longer than LONGEST is changed as on every page.
    """
    encoder, count = msgspec.json.Encoder(), 0
    with path.open("wb") as file:
        for row in rows:
            cells = [each if isinstance(each, Cell) else Cell(each) for each in row]
            safe = [Cell(_safe(each.text), _safe(each.note)) for each in cells]
            file.write(encoder.encode(safe) + b"\n")
            count += 1
    return count


def _safe(text: str) -> str:
    cut = len(text) - LONGEST
    told = f" … (+{cut:,} characters)" if cut > 0 else ""
    return on_paper(printable(text[:LONGEST])) + told if text else ""


def read_rows_of(path: Path) -> Iterator[list[Cell]]:
    """The rows again, one at a time."""
    decoder = msgspec.json.Decoder(list[Cell])
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)
