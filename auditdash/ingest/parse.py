"""Bytes to records: NDJSON, JSON (array, event, Mode's answer pages) and CSV; plain or gzip."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import msgspec
from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.ingest.decode import decode_value
from auditdash.ingest.table import iterate_rows

_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
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
    audit_logs: list[msgspec.Raw]


def reject(position: str, raw: bytes, error: BadInput) -> Rejection:
    """The rejection that this error stands for."""
    return Rejection(
        position=position, what=error.what, where=error.where, expected=error.expected, raw=raw
    )


def iterate_pieces(stream: IO[bytes], max_unpacked: int) -> Iterator[Piece | Rejection]:
    """Every record of the stream in order; raises BadInput where the rest cannot be read.

    `max_unpacked` bytes are read at the most, counted after unpacking.
    """
    reader = io.BufferedReader(
        _Limited(_unpack(io.BufferedReader(_Readable(stream))), max_unpacked)
    )
    try:
        _skip_bom(reader)
        first = _first_letter(reader)
        if first == b"[":
            yield from _split_document(reader.read())
        elif first == b"{":
            yield from _iterate_objects(reader)
        elif first:
            yield from _iterate_table(reader)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(f"the gzip data is damaged: {error}", expected="a whole gzip file") from None


def split_page(body: bytes) -> list[bytes]:
    """The items of one of Mode's answer pages, each to the byte as it came."""
    return [bytes(item) for item in msgspec.json.decode(body, type=_Page).audit_logs]


class _Readable(io.RawIOBase):
    """Any object with read() as a raw stream: an upload, a request body, standard input."""

    def __init__(self, stream: IO[bytes]) -> None:
        # read1 answers what is there: bytes unpacked before a damaged spot are not lost with it.
        self._read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed wants Buffer
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Limited(_Readable):
    def __init__(self, stream: IO[bytes], limit: int) -> None:
        super().__init__(stream)
        self._left = self._limit = limit

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io gives a memoryview
        count = super().readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise BadInput("it is too large", expected=f"at most {self._limit:,} bytes unpacked")
        return count


def _unpack(reader: io.BufferedReader[Any]) -> IO[bytes]:
    if reader.peek(2)[:2] == _GZIP:
        return gzip.GzipFile(fileobj=reader)  # type: ignore[return-value]  # reads as one
    return reader


def _skip_bom(reader: io.BufferedReader[Any]) -> None:
    start = reader.peek(4)[:4]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("the file is UTF-16", expected="UTF-8")
    if start.startswith(_BOM):
        reader.read(len(_BOM))


def _first_letter(reader: io.BufferedReader[Any]) -> bytes:
    while letter := reader.peek(1)[:1]:
        if letter not in _BLANK:
            return letter
        reader.read(1)
    return b""


def _iterate_objects(reader: io.BufferedReader[Any]) -> Iterator[Piece | Rejection]:
    """Lines of objects, or one object that spans lines: the first line tells."""
    first = reader.readline()
    if not _is_object(first):
        whole = first + reader.read()
        if _is_object(whole):
            yield from _expand("item 1", whole)
            return
        reader = io.BufferedReader(io.BytesIO(whole))
        first = reader.readline()
    line, number = first, 1
    while line:
        text = line.strip(_BLANK)
        if text:
            yield from _expand(f"line {number}", text)
        line, number = reader.readline(), number + 1


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


def _iterate_table(reader: io.BufferedReader[Any]) -> Iterator[Piece | Rejection]:
    for position, raw, error in iterate_rows(reader, _FORMS):
        yield Piece(position, raw) if error is None else reject(position, raw, error)
