"""Writes an attached file piece by piece; its rows are counted in what is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct


class AttachedFile(Struct, frozen=True, kw_only=True):
    """Rows without the header, bytes, and the SHA-256 in hex."""

    name: str
    rows: int
    size: int
    sha256: str


def write_rows(path: Path, pieces: Iterable[bytes], tell: Callable[[], None]) -> AttachedFile:
    """Stream a CSV with a header to a file; `tell` is called for each piece."""
    digest = hashlib.sha256()
    quotes = breaks = size = 0
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
            for line in piece.splitlines(keepends=True):
                quotes += line.count(b'"')
                # a line break between quotes is part of a cell
                breaks += line.endswith(b"\n") and quotes % 2 == 0
            tell()
    rows = max(breaks - 1, 0)
    return AttachedFile(name=path.name, rows=rows, size=size, sha256=digest.hexdigest())
