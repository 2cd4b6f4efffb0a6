"""Writes an attached file piece by piece; its rows are counted in what is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

POPULATION: Final = "population.csv"
EXCEPTIONS: Final = "exceptions.csv"
SAMPLE: Final = "sample.csv"


class AttachedFile(Struct, frozen=True, kw_only=True):
    """Rows without the header, bytes, and the SHA-256 in hex."""

    name: str
    rows: int
    size: int
    sha256: str


class Tally:
    """Counts and hashes a CSV with a header, piece by piece, however it is cut."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._quotes = self._breaks = 0
        self.size = 0

    def add(self, piece: bytes) -> None:
        """The next piece of the file."""
        self._digest.update(piece)
        self.size += len(piece)
        for line in piece.splitlines(keepends=True):
            self._quotes += line.count(b'"')
            # a line break between quotes is part of a cell
            self._breaks += line.endswith(b"\n") and self._quotes % 2 == 0

    def counted(self, name: str) -> AttachedFile:
        """What was added so far."""
        rows = max(self._breaks - 1, 0)
        sha256 = self._digest.hexdigest()
        return AttachedFile(name=name, rows=rows, size=self.size, sha256=sha256)


def write_rows(path: Path, pieces: Iterable[bytes], tell: Callable[[], None]) -> AttachedFile:
    """Stream a CSV with a header to a file; `tell` is called for each piece."""
    tally = Tally()
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
            tally.add(piece)
            tell()
    return tally.counted(path.name)
