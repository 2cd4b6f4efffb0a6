"""A small file that all workers have mapped: what stands in it, they know together.

A lock that ends with its holder keeps the steps of one change together, so a worker that is killed
takes nothing with it and keeps nobody out.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from weakref import finalize


class SharedFile:
    """Bytes of a fixed size, opened by one process; threads may share it."""

    def __init__(self, path: Path, size: int) -> None:
        """Raises OSError where the file cannot be made; a new one is all zeros."""
        self._lock = Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        finalize(self, os.close, self._file)
        os.posix_fallocate(self._file, 0, size)  # a full disk is met here, not in between
        self._map = mmap.mmap(self._file, size)

    @contextmanager
    def changing(self) -> Iterator[mmap.mmap]:
        """The bytes, while nobody else reads or changes them."""
        with self._locked(fcntl.LOCK_EX):
            yield self._map

    def read(self) -> bytes:
        """All of them, as they stood at one moment."""
        with self._locked(fcntl.LOCK_SH):
            return self._map[:]

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with self._lock:
            fcntl.flock(self._file, how)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
