"""Bytes in: unpacked, counted, and never more in memory than a line or a document may have."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, TypeAlias

from msgspec import Struct

from auditdash.events.errors import BadInput

LONGEST_DOCUMENT = 128 << 20  # what JSON that spans lines may have: it is held whole
_AT_ONCE = 1 << 20
_LONG = 4 << 20  # a line of so much is read on by itself
_GZIP = b"\x1f\x8b"

Reader: TypeAlias = "io.BufferedReader[Any]"
# What reading raises when packed bytes make no sense.
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error)


class Line(Struct, frozen=True):
    """A line with its end, or the beginning of one that is longer than may be held."""

    text: bytes
    length: int

    @property
    def is_cut(self) -> bool:
        """Whether the text is only its beginning."""
        return self.length > len(self.text)


def open_stream(stream: IO[bytes], max_unpacked: int) -> Reader:
    """The bytes of the stream, unpacked; reading beyond `max_unpacked` of them raises BadInput."""
    unpacked = _unpack(io.BufferedReader(_Readable(stream)))
    return io.BufferedReader(_Limited(unpacked, max_unpacked))


def read_line(reader: Reader) -> Line:
    """The next line, cut to what may be held; its length is 0 at the end of the stream."""
    text = reader.readline(LONGEST_DOCUMENT)
    length, end = len(text), text
    while end and not end.endswith(b"\n") and length >= LONGEST_DOCUMENT:
        end = reader.readline(_AT_ONCE)
        length += len(end)
    return Line(text, length)


def read_ahead(reader: Reader, held: int = 0) -> bytes:
    """As much of what is left as may be held beside `held` bytes."""
    kept = io.BytesIO()  # read(n) would take room for all n at once
    while room := max(LONGEST_DOCUMENT - held - kept.tell(), 0):
        if not kept.write(reader.read(min(room, _AT_ONCE))):
            break
    return kept.getvalue()


def read_document(reader: Reader) -> bytes:
    """All that is left, which must fit into memory: BadInput where it does not."""
    body = read_ahead(reader)
    if reader.peek(1):
        raise BadInput(
            f"this JSON has more than {LONGEST_DOCUMENT:,} bytes",
            expected="a larger file as NDJSON, one record in each line",
        )
    return body


def iterate_lines(start: bytes, reader: Reader) -> Iterator[list[bytes] | Line]:
    """The lines of what was read already and of what is left, without their ends, many at a time;
    one that is too long to be held is alone."""
    rest = start
    while data := reader.read1(_AT_ONCE):
        whole, end, rest = (rest + data).rpartition(b"\n")
        if end:
            yield from _keep_short(whole.split(b"\n"))
        elif len(rest) >= _LONG:
            more = read_line(reader)
            text = (rest + more.text).removesuffix(b"\n")
            yield from _keep_short([text], len(rest) + more.length)
            rest = b""
    if rest:
        yield from _keep_short(rest.removesuffix(b"\n").split(b"\n"))


def _keep_short(lines: list[bytes], length: int = 0) -> Iterator[list[bytes] | Line]:
    if max(map(len, lines)) <= LONGEST_DOCUMENT:
        yield lines
        return
    for text in lines:
        cut = text[:LONGEST_DOCUMENT]
        yield [text] if cut == text else Line(cut, max(length, len(text)))


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


def _unpack(reader: Reader) -> IO[bytes]:
    if reader.peek(2)[:2] == _GZIP:
        return gzip.GzipFile(fileobj=reader)  # type: ignore[return-value]  # reads as one
    return reader
