"""Consecutive events as immutable columns in one file, in the order in which they happened.

The file: magic, length of the head, head (msgpack: name, dtype, length and place of each column),
the columns. It is mapped into memory, so all processes share one copy and load only what they ask.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.files.damage import IndexDamaged
from auditdash.index.files.postings import Postings

Column: TypeAlias = NDArray[Any]  # of integers, as narrow as they are
Columns: TypeAlias = dict[str, Column]

_MAGIC: Final = b"adseg001"
_ALIGNED: Final = 64
_LENGTH: Final = 4
_MOST_FOUND: Final = 4
_Found = TypeVar("_Found")


class _Place(Struct, frozen=True):
    dtype: str
    length: int
    offset: int
    base: int = 0


class Described(Struct, frozen=True, kw_only=True):
    """What the manifest says of a segment; `hash` is the content hash of its last event."""

    first_seq: int
    last_seq: int
    first_at: int
    last_at: int
    crc: int
    size: int
    hash: bytes

    @property
    def file_name(self) -> str:
        """Where it lies."""
        return f"{self.first_seq:012}-{self.last_seq:012}.seg"

    def __len__(self) -> int:
        return self.last_seq - self.first_seq + 1


class Segment:
    """`seq` is counted from `first_seq`; columns are as narrow as their numbers allow."""

    def __init__(self, described: Described, data: bytes | mmap.mmap) -> None:
        self.described = described
        self.first_seq = described.first_seq
        self.last_seq = described.last_seq
        self._places, start = _read_head(data)
        self._data = data
        self._start = start
        self._columns: Columns = {}
        self._postings: dict[str, Postings] = {}
        self._found: dict[Hashable, Any] = {}
        self.times: NDArray[np.int64] = self.column("time").astype(np.int64, copy=False)

    def __len__(self) -> int:
        return len(self.times)

    def column(self, name: str) -> Column:
        """The numbers of a column, one for each row, or as many as it has."""
        found = self._columns.get(name)
        if found is None:
            place = self._places[name]
            found = np.frombuffer(
                self._data, np.dtype(place.dtype), place.length, self._start + place.offset
            )
            if place.base:  # too wide to be kept: the file is shared, memory is not
                return found.astype(np.int64) + place.base
            self._columns[name] = found
        return found

    def columns(self) -> Columns:
        """All of them."""
        return {name: self.column(name) for name in self._places}

    @property
    def seqs(self) -> NDArray[np.int64]:
        """The seq of each row."""
        return self.column("seq").astype(np.int64) + self.first_seq

    def seqs_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The seqs of these rows."""
        return self.column("seq")[rows].astype(np.int64) + self.first_seq

    def once(self, key: Hashable, find: Callable[[Segment], _Found]) -> _Found:
        """What is found in this segment, kept for a few keys: one page asks many questions of the
        same person or thing. What is kept must be small."""
        kept = self._found
        if key in kept:  # of which nothing is taken away: other threads look at it, too
            return kept[key]  # type: ignore[no-any-return]  # the key tells its type
        found = find(self)
        self._found = {**(kept if len(kept) < _MOST_FOUND else {}), key: found}
        return found

    # --- where values are

    def rows_by(self, name: str) -> Postings:
        """The rows of each value of a column that has them (index.order.POSTED)."""
        found = self._postings.get(name)
        if found is None:
            parts = (self.column(f"{name}_{part}") for part in ("code", "from", "row"))
            found = self._postings[name] = Postings(*parts)
        return found

    def leaves_by(self, path: int | None = None) -> Postings | None:
        """The rows of each value of this path, or of all paths; None where no row has one."""
        every = self.rows_by("leaf")
        if path is None:
            return every if len(every.rows) else None
        paths = self.column("leaf_path")
        number = int(np.searchsorted(paths, path))
        if number == len(paths) or paths[number] != path:
            return None
        start, end = self.column("leaf_start")[number : number + 2].tolist()
        return Postings(every.codes[start:end], every.starts[start : end + 1], every.rows)

    def leaves(self, path: int) -> tuple[Column, Column] | None:
        """Rows and value codes of the leaves with this path, by code and row; None where no row
        has one."""
        found = self.leaves_by(path)
        return None if found is None else found.every()


def open_segment(folder: Path, described: Described, *, check: bool) -> Segment:
    """Map a segment; IndexDamaged when its file is not as the manifest says."""
    path = folder / described.file_name
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (FileNotFoundError, ValueError):
        raise IndexDamaged(f"{path.name} is missing") from None
    if len(data) != described.size or (check and zlib.crc32(data) != described.crc):
        raise IndexDamaged(f"{path.name} is damaged")
    return Segment(described, data)


def write_segment(folder: Path, first_seq: int, columns: Columns, content_hash: bytes) -> Segment:
    """Write the rows of consecutive events; the file stands whole or not at all."""
    data = pack_columns(columns)
    times = columns["time"]
    described = Described(
        first_seq=first_seq,
        last_seq=first_seq + len(times) - 1,
        first_at=int(times[0]),
        last_at=int(times[-1]),
        crc=zlib.crc32(data),
        size=len(data),
        hash=content_hash,
    )
    draft = folder / f"{described.file_name}.draft"
    draft.write_bytes(data)
    draft.rename(folder / described.file_name)
    return open_segment(folder, described, check=False)


def pack_columns(columns: Columns) -> bytes:
    """A segment's file."""
    places: dict[str, _Place] = {}
    pieces: list[bytes] = []
    offset = 0
    for name, column in columns.items():
        narrow, base = _narrow(name, column)
        piece = narrow.tobytes()
        piece += bytes(-len(piece) % _ALIGNED)
        places[name] = _Place(narrow.dtype.str, len(narrow), offset, base)
        pieces.append(piece)
        offset += len(piece)
    head = msgspec.msgpack.encode(places)
    start = _MAGIC + len(head).to_bytes(_LENGTH, "big") + head
    return b"".join((start, bytes(-len(start) % _ALIGNED), *pieces))


def _narrow(name: str, column: Column) -> tuple[Column, int]:
    """The column in the narrowest type that holds it, and what to add to its numbers."""
    if name in _KEPT_WIDE or len(column) == 0:
        return column, 0
    whole = column.astype(np.int64)
    base = int(whole.min()) if name in _BASED else 0
    narrow: Column = (whole - base).astype(np.min_scalar_type(int(whole.max()) - base))
    return narrow, base


_KEPT_WIDE: Final = {"time", "word_key", "word_mark"}
_BASED: Final = {"received", "receipt"}


def _read_head(data: bytes | mmap.mmap) -> tuple[dict[str, _Place], int]:
    if data[: len(_MAGIC)] != _MAGIC:
        raise IndexDamaged("this is no segment")
    start = len(_MAGIC) + _LENGTH
    end = start + int.from_bytes(data[len(_MAGIC) : start], "big")
    try:
        return _decoder.decode(data[start:end]), end + -end % _ALIGNED
    except msgspec.MsgspecError as error:
        raise IndexDamaged(f"a segment cannot be read: {error}") from None


_decoder = msgspec.msgpack.Decoder(dict[str, _Place])
