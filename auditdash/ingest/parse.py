"""Bytes to records: NDJSON, JSON (array, event, Mode's answer pages) and CSV; plain or gzip."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import IO

import msgspec
from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.ingest.streams import (
    DAMAGE,
    Line,
    Reader,
    chain,
    iterate_lines,
    open_stream,
    read_ahead,
    read_document,
    read_line,
)
from auditdash.ingest.table import iterate_rows
from auditdash.records.decode import decode_value

_LONGEST_KEPT = 4 << 20  # four times what a record may have
_BLANK = b" \t\r\n"
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
    reader = open_stream(stream, max_unpacked)
    try:
        _skip_bom(reader)
        first = _first_letter(reader)
        if first == b"[":
            yield from _split_document(read_document(reader))
        elif first == b"{":
            yield from _iterate_objects(reader)
        elif first:
            yield from _iterate_table(reader)
    except DAMAGE as error:
        raise BadInput(f"the gzip data is damaged: {error}", expected="a whole gzip file") from None


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


def _iterate_objects(reader: Reader) -> Iterator[Piece | Rejection]:
    """Lines of objects, or one object that spans lines: the first line tells."""
    first = read_line(reader)
    lines: Iterator[Line] = itertools.chain([first], iterate_lines(reader))
    if not _is_object(first.text):
        whole = first.text + read_ahead(reader, first.length)
        if _is_object(whole):
            yield from _expand("item 1", whole)
            return
        if not first.is_cut:
            lines = iterate_lines(chain(whole, reader))
    for number, line in enumerate(lines, 1):
        yield from _read_line(f"line {number}", line)


def _read_line(position: str, line: Line) -> Iterator[Piece | Rejection]:
    text = line.text.strip(_BLANK)
    if line.is_cut:
        error = BadInput(f"{line.length:,} bytes", expected=f"at most {len(line.text):,} in a line")
        yield reject(position, line.text, error)
    elif text:
        yield from _expand(position, text)


def _is_object(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _expand(position: str, text: bytes) -> Iterator[Piece]:
    """A page becomes its items; anything else is a record, good or bad."""
    if b'"audit_logs"' in text:
        try:
            items = split_page(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            items = None
        if items is not None:
            for number, item in enumerate(items, 1):
                yield Piece(f"{position}, item {number}", item)
            return
    yield Piece(position, text)


def _split_document(body: bytes) -> Iterator[Piece]:
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
