"""Bytes to records: NDJSON, JSON (array, event, Mode's answer pages) and CSV; plain or gzip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, TypeAlias

import msgspec
from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.ingest.streams import (
    DAMAGE,
    Line,
    Reader,
    iterate_lines,
    open_stream,
    read_ahead,
    read_document,
    read_line,
)
from auditdash.ingest.table import iterate_rows
from auditdash.records.elements import is_json, split_array

_BYTES_AT_ONCE = 1 << 20
_SHORTEST_EVENT = 48  # '{"action":"a","timestamp":"2026-01-01T00:00:00Z"}'
_LONGEST_KEPT = 4 << 20  # four times what a record may have
_BLANK = b" \t\r\n"
_PAGE = b'"audit_logs"'
_BOM = b"\xef\xbb\xbf"
_FORMS = "NDJSON, a JSON array, Mode's answer pages, or CSV with a header; plain or gzip"


class Piece(Struct, frozen=True):
    """One record as it came, and where it stood."""

    position: str
    raw: bytes


class Rejection(Struct, frozen=True, kw_only=True):
    """A record that is no event: what is wrong, where in it, what was expected, and itself."""

    position: str
    what: str
    where: str
    expected: str
    raw: bytes


class Lines(Struct, frozen=True):
    """Lines that follow one another, not looked into yet, and the number of the first."""

    first: int
    texts: list[bytes]


Parcel: TypeAlias = Lines | list[Piece | Rejection]


class _Page(Struct):
    """An answer page of Mode; what has an action of its own is an event with a list in it."""

    audit_logs: msgspec.Raw
    action: msgspec.UnsetType = msgspec.UNSET


def reject(position: str, raw: bytes, error: BadInput) -> Rejection:
    """The rejection that this error stands for; of a huge record its beginning is kept."""
    kept = raw[:_LONGEST_KEPT]
    cut = f", of which the first {len(kept):,} are kept" if len(kept) < len(raw) else ""
    return Rejection(
        position=position,
        what=error.what + cut,
        where=error.where,
        expected=error.expected,
        raw=kept,
    )


def iterate_pieces(stream: IO[bytes], max_unpacked: int) -> Iterator[Piece | Rejection]:
    """Every record of the stream in order; raises BadInput where the rest cannot be read.

    `max_unpacked` bytes are read at the most, counted after unpacking.
    """
    for parcel in iterate_parcels(stream, max_unpacked, most=1):
        yield from open_parcel(parcel)


def iterate_parcels(stream: IO[bytes], max_unpacked: int, most: int) -> Iterator[Parcel]:
    """The same at most so many lines or records at a time, lines unopened: others may open them.

    There are no more of them than events of the shortest kind in `max_unpacked` bytes: a short body
    of what is none would keep a process busy for an hour.
    """
    left = max_records = max_unpacked // _SHORTEST_EVENT
    for parcel in _iterate_forms(stream, max_unpacked, most):
        left -= parcel_size(parcel)[0]
        if left < 0:
            raise BadInput("it has too many records", expected=f"at most {max_records:,}")
        yield parcel


def _iterate_forms(stream: IO[bytes], max_unpacked: int, most: int) -> Iterator[Parcel]:
    reader = open_stream(stream, max_unpacked)
    try:
        _skip_bom(reader)
        first = _first_letter(reader)
        if first == b"[":
            yield from in_parcels(_split_document(read_document(reader)), most)
        elif first == b"{":
            yield from _iterate_objects(reader, most)
        elif first:
            yield from in_parcels(_iterate_table(reader), most)
    except DAMAGE as error:
        raise BadInput(f"the gzip data is damaged: {error}", expected="a whole gzip file") from None


def in_parcels(pieces: Iterable[Piece | Rejection], most: int) -> Iterator[Parcel]:
    """Records that are apart already; those before an error come first."""
    held: list[Piece | Rejection] = []
    size = 0
    try:
        for piece in pieces:
            held.append(piece)
            size += len(piece.raw)
            if len(held) >= most or size >= _BYTES_AT_ONCE:
                yield held
                held, size = [], 0
    except (BadInput, *DAMAGE):
        if held:
            yield held
        raise
    if held:
        yield held


def open_parcel(parcel: Parcel) -> list[Piece | Rejection]:
    """Its records."""
    return parcel if isinstance(parcel, list) else list(_iterate_opened(parcel))


def _iterate_opened(lines: Lines) -> Iterator[Piece]:
    for number, line in enumerate(lines.texts, lines.first):
        if text := line.strip(_BLANK):
            yield from _expand(f"line {number}", text)


def parcel_size(parcel: Parcel) -> tuple[int, int]:
    """How many lines or records, and their bytes."""
    if isinstance(parcel, list):
        return len(parcel), sum(len(piece.raw) for piece in parcel)
    return len(parcel.texts), sum(map(len, parcel.texts))


def _skip_bom(reader: Reader) -> None:
    start = reader.peek(4)[:4]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("the file is UTF-16", expected="UTF-8")
    if start.startswith(_BOM):
        reader.read(len(_BOM))


def _first_letter(reader: Reader) -> bytes:
    while letter := reader.peek(1)[:1]:
        if letter not in _BLANK:
            return letter
        reader.read(1)
    return b""


def _iterate_objects(reader: Reader, most: int) -> Iterator[Parcel]:
    """Lines of objects, or one object that spans lines: the first line tells."""
    first = read_line(reader)
    start = first.text
    if not is_json(start):
        start += read_ahead(reader, first.length)
        if is_json(start):
            yield from in_parcels(_expand("item 1", start), most)
            return
    if first.is_cut:
        yield [_too_long(1, first)]
        yield from _iterate_lines(2, b"", reader, most)
    else:
        yield from _iterate_lines(1, start, reader, most)


def _iterate_lines(number: int, start: bytes, reader: Reader, most: int) -> Iterator[Parcel]:
    """The lines that are left, of which the first has this number; those before an error come
    first."""
    held: list[bytes] = []
    try:
        for lines in iterate_lines(start, reader):
            held.extend([] if isinstance(lines, Line) else lines)
            large = isinstance(lines, Line) or sum(map(len, held)) >= _BYTES_AT_ONCE
            while len(held) >= (1 if large else most):
                yield from _parcel(number, held[:most], most)
                number += len(held[:most])
                del held[:most]
            if isinstance(lines, Line):
                yield [_too_long(number, lines)]
                number += 1
    except (BadInput, *DAMAGE):
        yield from _parcel(number, held, most)
        raise
    yield from _parcel(number, held, most)


def _parcel(number: int, texts: list[bytes], most: int) -> Iterator[Parcel]:
    lines = Lines(number, texts)
    if _PAGE in b"".join(texts):  # a line may have many records
        yield from in_parcels(_iterate_opened(lines), most)
    elif texts:
        yield lines


def _too_long(number: int, line: Line) -> Rejection:
    error = BadInput(f"{line.length:,} bytes", expected=f"at most {len(line.text):,} in a line")
    return reject(f"line {number}", line.text, error)


def _expand(position: str, text: bytes) -> Iterator[Piece]:
    """A page becomes its items; anything else is a record, good or bad."""
    items = _find_items(text) if _PAGE in text else None
    if items is None:
        yield Piece(position, text)
    else:
        for number, item in enumerate(items, 1):
            yield Piece(f"{position}, item {number}", item)


def _find_items(text: bytes) -> Iterator[bytes] | None:
    """The items of one of Mode's answer pages, each to the byte as it came."""
    try:
        page = msgspec.json.decode(text, type=_Page)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    items = bytes(page.audit_logs)
    return split_array(items) if items.startswith(b"[") else None


def _split_document(body: bytes) -> Iterator[Piece]:
    """An array of events or of pages; each element to the byte as it came."""
    for number, item in enumerate(split_array(body), 1):
        yield from _expand(f"item {number}", item)


def _iterate_table(reader: Reader) -> Iterator[Piece | Rejection]:
    for position, raw, error in iterate_rows(reader, _FORMS):
        yield Piece(position, raw) if error is None else reject(position, raw, error)
