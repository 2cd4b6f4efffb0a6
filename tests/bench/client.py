"""Many readers at once over HTTP, in a process of their own so that they cost the server nothing.

As a program it makes rounds of requests and says how long each took.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from tests.bench.workers import Message, serve

_TIMEOUT = 3_600
_PIECE = 1 << 16


class _Reader(threading.Thread):
    """One connection that asks one path after the other until the time is over."""

    def __init__(
        self, port: int, paths: Sequence[str], headers: dict[str, str], until: float
    ) -> None:
        super().__init__()
        self._port, self._paths, self._headers, self._until = port, paths, headers, until
        self.seconds: list[float] = []
        self.errors: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT)
        for path in cycle(self._paths):
            if time.perf_counter() >= self._until:
                break
            self._ask(connection, path)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, path: str) -> None:
        began = time.perf_counter()
        try:
            connection.request("GET", path, headers=self._headers)
            response = connection.getresponse()
            while response.read(_PIECE):
                pass
        except (OSError, http.client.HTTPException) as error:
            connection.close()  # opened again by the next request
            self.errors.append(f"{path}: {error!r}")
            time.sleep(0.1)
            return
        if response.status == 200:
            self.seconds.append(time.perf_counter() - began)
        else:
            self.errors.append(f"{path}: {response.status}")


def load(
    port: int, paths: Sequence[str], headers: dict[str, str], connections: int, seconds: float
) -> Message:
    """Ask with so many connections for so long; each begins at another path."""
    until = time.perf_counter() + seconds
    readers = [
        _Reader(port, _turned(paths, number, connections), headers, until)
        for number in range(connections)
    ]
    began = time.perf_counter()
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    took = time.perf_counter() - began
    every = [each for reader in readers for each in reader.seconds]
    return {
        "per_second": len(every) / took,
        "seconds": every,
        "errors": [each for reader in readers for each in reader.errors],
    }


def _turned(paths: Sequence[str], number: int, connections: int) -> list[str]:
    start = number * len(paths) // connections
    return list(islice(cycle(paths), start, start + len(paths)))


def fetch(port: int, path: str, headers: dict[str, str], file: str = "") -> Message:
    """One answer: seconds to its first byte and to its last, and its length. `file`: keep it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    connection.connect()
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    first_piece = response.read(1)
    first = time.perf_counter() - began
    length, pieces = len(first_piece), [first_piece]
    while piece := response.read1(_PIECE):
        length += len(piece)
        if file:
            pieces.append(piece)
    whole = time.perf_counter() - began
    connection.close()
    if file:
        Path(file).write_bytes(b"".join(pieces))
    return {"status": response.status, "first": first, "seconds": whole, "length": length}


if __name__ == "__main__":
    serve({"load": load, "fetch": fetch})
