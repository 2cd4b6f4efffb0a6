"""Files inside a PDF that never stand in memory: packed on the disk, and copied from there.

pydyf builds each object as one text, several times over; a population of a million rows would be
there three times beside the pages. Here an object knows its length, and its content goes from file
to file when its turn has come.
"""

from __future__ import annotations

import shutil
import zlib
from hashlib import md5
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

_CHUNK: Final = 1 << 20


class Packed(Struct, frozen=True, kw_only=True):
    """A file, compressed at `path`; `size` and `checksum` (MD5, in hex) are of what it holds."""

    path: Path
    length: int
    size: int
    checksum: str


def pack(source: Path, target: Path) -> Packed:
    """Compress a file piece by piece."""
    packer = zlib.compressobj()
    checksum = md5(usedforsecurity=False)  # PDF asks for it
    size = 0
    with source.open("rb") as given, target.open("wb") as file:
        while chunk := given.read(_CHUNK):
            size += len(chunk)
            checksum.update(chunk)
            file.write(packer.compress(chunk))
        file.write(packer.flush())
        length = file.tell()
    return Packed(path=target, length=length, size=size, checksum=checksum.hexdigest())


class Piece:
    """An object of a PDF around a packed file, for Sink: it has a length and takes an end of line,
    as pydyf asks of what it writes."""

    def __init__(self, head: bytes, packed: Packed, tail: bytes) -> None:
        self._head, self._packed, self._tail = head, packed, tail

    def __len__(self) -> int:
        return len(self._head) + self._packed.length + len(self._tail)

    def __add__(self, more: bytes) -> Piece:
        return Piece(self._head, self._packed, self._tail + more)

    def copy_to(self, file: IO[bytes]) -> None:
        """Write it."""
        file.write(self._head)
        with self._packed.path.open("rb") as content:
            shutil.copyfileobj(content, file, _CHUNK)
        file.write(self._tail)


class Sink:
    """What pydyf writes to: a file that also takes embedded ones."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, content: bytes | Piece) -> None:
        """The next part of the file."""
        if isinstance(content, Piece):
            content.copy_to(self._file)
        else:
            self._file.write(content)
