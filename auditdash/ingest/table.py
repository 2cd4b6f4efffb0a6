"""CSV with a header: each row to the JSON record that Mode's feed would have sent."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.ingest.streams import Reader
from auditdash.records.decode import decode

# Names that stand for a place inside the record. Dotted names say it themselves, and a column that
# is not known stays in the record under its own name.
_PLACES = {
    "event_id": "id",
    "occurred_at": "timestamp",
    "username": "actor.username",
    "actor": "actor.username",
    "actor_username": "actor.username",
    "user_id": "actor.user_id",
    "actor_id": "actor.user_id",
    "ip": "actor.ip",
    "actor_ip": "actor.ip",
    "user_agent": "actor.user_agent",
    "entity_type": "entity.entity_type",
    "entity_id": "entity.entity_id",
    "entity_name": "entity.entity_name",
    "workspace": "workspace_username",
}
_NEEDED = ("action", "timestamp")
_DEEPEST = 50  # levels of a column's name: what a record may have is checked later
_LONGEST_CELL = 1 << 20
_LONGEST_ROW = 2 << 20
_Row = tuple[str, bytes, BadInput | None]


def iterate_rows(stream: Reader, forms: str) -> Iterator[_Row]:
    """(position, record as JSON or row as CSV, why it is none) for each row below the header."""
    csv.field_size_limit(_LONGEST_CELL)
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
    lines = _Remembered(text)
    reader = csv.reader(lines, strict=True)
    places = _read_header(reader, forms)
    while True:
        position = f"line {lines.number + 1}"
        lines.forget()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raw = "".join(lines.seen).encode("utf-8", "surrogateescape")
            yield position, raw, BadInput(f"not CSV: {error}", expected="RFC 4180")
            continue
        if row:
            yield _read_row(position, row, places)


class _Remembered:
    """Lines, keeping those of the row at hand: what cannot be read must still be kept."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._size = 0
        self.number = 0
        self.seen: list[str] = []

    def forget(self) -> None:
        """A new row begins."""
        self._size = 0
        self.seen.clear()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_ROW)
        if not line:
            raise StopIteration
        self.number += 1
        self.seen.append(line)
        self._size += len(line)
        if self._size >= _LONGEST_ROW:
            self._skip_rest(line)
            raise csv.Error(
                f"a row of more than {_LONGEST_ROW:,} characters; its beginning is kept"
            )
        return line

    def _skip_rest(self, part: str) -> None:
        while part and not part.endswith(("\n", "\r")):
            part = self._text.readline(_LONGEST_ROW)


def _read_header(reader: Iterator[list[str]], forms: str) -> list[str]:
    try:
        header = next(reader)
    except (StopIteration, csv.Error):
        header = []
    places = [_PLACES.get(name.strip().lower(), name.strip()) for name in header]
    missing = [name for name in _NEEDED if name not in places]
    if missing:
        raise BadInput(
            f"{shorten(','.join(header))} is no header: {' and '.join(missing)} missing",
            where="line 1",
            expected=forms,
        )
    for place, count in Counter(places).items():
        if count > 1:
            raise BadInput(f"two columns stand for {shorten(place)}", where="line 1")
        if place.count(".") >= _DEEPEST:
            raise BadInput(
                f"the column {shorten(place)} is nested too deeply",
                where="line 1",
                expected=f"at most {_DEEPEST} levels",
            )
    return places


def _read_row(position: str, row: list[str], places: list[str]) -> _Row:
    try:
        if len(row) > len(places):
            raise BadInput(f"{len(row)} cells", expected=f"at most {len(places)}")
        record: dict[str, Any] = {}
        for place, cell in zip(places, row, strict=False):
            if cell:
                _put(record, place, cell)
        return position, msgspec.json.encode(record), None
    except UnicodeEncodeError:
        return position, _as_csv(row), BadInput("not UTF-8", expected="UTF-8 text")
    except BadInput as error:
        return position, _as_csv(row), error


def _put(record: dict[str, Any], place: str, cell: str) -> None:
    *parents, name = place.split(".")
    for parent in parents:
        record = record.setdefault(parent, {})
        if not isinstance(record, dict):
            raise BadInput(f"{parent} is a value and an object at once", where=place)
    record[name] = _context(cell) if place == "context" else cell


def _context(cell: str) -> object:
    """As strictly read as a record of the feed: no key may be lost here already."""
    raw = cell.encode()
    try:
        return None if raw.strip() == b"null" else decode(raw)
    except BadInput as error:
        raise BadInput(error.what, where="context", expected="a JSON object") from None


def _as_csv(row: list[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(row)
    return line.getvalue().encode("utf-8", "surrogateescape")
