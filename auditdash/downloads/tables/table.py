"""A table on its way to a file: its columns by name and kind, and its rows, which are read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Literal

from msgspec import Struct, json

from auditdash.downloads.cells import Value, csv_line
from auditdash.events.folding import storable
from auditdash.events.instants import DAY, parse_instant

Kind = Literal["text", "whole", "number", "instant", "day"]
# A column of rows as it is typed: str, int, float, microseconds since 1970 or days since 1970.
Typed = list[Any]
Typing = Callable[[Value], str | int | float | None]
ROWS_AT_ONCE: Final = 500
_MANY: Final = 4_000  # rows at a time where columns are made of them


class Column(Struct, frozen=True):
    """`kind` is what each cell is, or None where there is nothing: text, a whole number, a number,
    an instant (RFC 3339, UTC), a day (2026-03-08)."""

    name: str
    kind: Kind = "text"


class Table:
    """Rows as CSV has them: instants and days as text, nothing as None or "". One of the methods is
    called, once; `rows` tells meanwhile how many rows were written."""

    def __init__(self, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> None:
        self.columns = tuple(columns)
        self.rows = 0
        self._rows = rows

    def csv(self) -> Iterator[bytes]:
        """A header and a line each, RFC 4180, in pieces of some hundred."""
        yield csv_line([column.name for column in self.columns]).encode()
        for some in self._some(ROWS_AT_ONCE):
            yield "".join(map(csv_line, some)).encode()

    def ndjson(self) -> Iterator[bytes]:
        """An object each, by the names of the columns, in pieces of some hundred."""
        names = [column.name for column in self.columns]
        writers = [_AS_JSON.get(column.kind, _TYPED[column.kind]) for column in self.columns]
        for some in self._some(ROWS_AT_ONCE):
            yield json.Encoder().encode_lines(
                [dict(zip(names, _row(writers, row), strict=True)) for row in some]
            )

    def typed(self) -> Iterator[list[Typed]]:
        """The columns of some thousand rows at a time, each of its kind."""
        kinds = [_TYPED[column.kind] for column in self.columns]
        for some in self._some(_MANY):
            together = zip(kinds, zip(*some, strict=True), strict=True)
            yield [[typed(value) for value in column] for typed, column in together]

    def _some(self, size: int) -> Iterator[list[Sequence[Value]]]:
        rows = iter(self._rows)
        while some := list(islice(rows, size)):
            self.rows += len(some)
            yield some


def columns_of(
    names: Sequence[str], *, whole: str = "", number: str = "", instant: str = "", day: str = ""
) -> tuple[Column, ...]:
    """Columns by name, text unless they are said to be otherwise; names that end in `_at` are
    instants and those that end in `seq` whole numbers, everywhere."""
    said: dict[str, Kind] = {}
    kinds: tuple[tuple[Kind, str], ...] = (
        ("whole", whole),
        ("number", number),
        ("instant", instant),
        ("day", day),
    )
    for kind, some in kinds:
        said.update(dict.fromkeys(some.split(), kind))
    return tuple(Column(name, said.get(name) or _usual(name)) for name in names)


def numbered_columns(names: Sequence[Value], rows: Sequence[Sequence[Value]]) -> tuple[Column, ...]:
    """Columns whose names strangers may have given: each name once, whole numbers where all rows
    have such."""
    seen: Counter[str] = Counter()
    found: list[Column] = []
    for place, name in enumerate(map(str, names)):
        seen[name] += 1
        unlike = name if seen[name] == 1 else f"{name} ({seen[name]})"
        whole = bool(rows) and all(isinstance(row[place], int) for row in rows)
        found.append(Column(unlike, "whole" if whole else "text"))
    return tuple(found)


def _usual(name: str) -> Kind:
    if name == "at" or name.endswith("_at"):
        return "instant"
    return "whole" if name == "seq" or name.endswith("_seq") else "text"


def _row(writers: Sequence[Typing], row: Sequence[Value]) -> list[str | int | float | None]:
    return [write(value) for write, value in zip(writers, row, strict=True)]


def _text(value: Value) -> str | None:
    return storable(str(value)) if value not in (None, "") else None


def _whole(value: Value) -> int | None:
    return int(value) if value not in (None, "") else None


def _number(value: Value) -> float | None:
    return float(value) if value not in (None, "") else None


def _instant(value: Value) -> int | None:
    return parse_instant(str(value)) if value not in (None, "") else None


def _day(value: Value) -> int | None:
    """Days since 1970, of a day as it is written."""
    return parse_instant(f"{value}T00:00:00Z") // DAY if value not in (None, "") else None


_TYPED: Final[dict[Kind, Typing]] = {
    "text": _text,
    "whole": _whole,
    "number": _number,
    "instant": _instant,
    "day": _day,
}
# JSON has neither instants nor days: they stand as they are written everywhere.
_AS_JSON: Final[dict[Kind, Typing]] = {"instant": _text, "day": _text}
