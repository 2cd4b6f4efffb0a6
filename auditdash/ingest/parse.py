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
from auditdash.records.decode import decode_value

_BYTES_AT_ONCE = 1 << 20
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

    audit_logs: list[msgspec.Raw]
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
    """The same at most so many lines or records at a time, lines unopened: others may open them."""
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
    if isinstance(parcel, list):
        return parcel
    found: list[Piece | Rejection] = []
    for number, line in enumerate(parcel.texts, parcel.first):
        text = line.strip(_BLANK)
        if text:
            found.extend(_expand(f"line {number}", text))
    return found


def parcel_size(parcel: Parcel) -> tuple[int, int]:
    """How many lines or records, and their bytes."""
    if isinstance(parcel, list):
        return len(parcel), sum(len(piece.raw) for piece in parcel)
    return len(parcel.texts), sum(map(len, parcel.texts))


def split_page(body: bytes) -> list[bytes]:
    """The items of one of Mode's answer pages, each to the byte as it came."""
    return [bytes(item) for item in msgspec.json.decode(body, type=_Page).audit_logs]


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
    if not _is_object(start):
        start += read_ahead(reader, first.length)
        if _is_object(start):
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
        yield from in_parcels(open_parcel(lines), most)
    elif texts:
        yield lines


def _too_long(number: int, line: Line) -> Rejection:
    error = BadInput(f"{line.length:,} bytes", expected=f"at most {len(line.text):,} in a line")
    return reject(f"line {number}", line.text, error)


def _is_object(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _expand(position: str, text: bytes) -> list[Piece | Rejection]:
    """A page becomes its items; anything else is a record, good or bad."""
    if _PAGE in text:
        try:
            items = split_page(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            items = None
        if items is not None:
            return [
                Piece(f"{position}, item {number}", item) for number, item in enumerate(items, 1)
            ]
    return [Piece(position, text)]


def _split_document(body: bytes) -> Iterator[Piece | Rejection]:
    """An array of events or of pages; each element to the byte as it came."""
    try:
        items = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        decode_value(body)  # says what is wrong, and where
        raise BadInput("the file is not a JSON array", expected=_FORMS) from None
    for number, item in enumerate(items, 1):
        yield from _expand(f"item {number}", bytes(item))


def _iterate_table(reader: Reader) -> Iterator[Piece | Rejection]:
    for position, raw, error in iterate_rows(reader, _FORMS):
        yield Piece(position, raw) if error is None else reject(position, raw, error)
