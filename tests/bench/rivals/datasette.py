"""Datasette on the plain table, as favourable as it can be set: read-only, no suggestions, no
limits of time."""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from msgspec import Struct

_SETTINGS = {
    "sql_time_limit_ms": 3_600_000,
    "facet_time_limit_ms": 3_600_000,
    "suggest_facets": 0,
    "max_returned_rows": 1_000_000,
    "max_csv_mb": 0,
    "cache_size_kb": 262_144,
}
_START_SECONDS = 120
FACETS = ("actor", "action", "entity", "ip")


class Datasette(Struct, frozen=True):
    """A running Datasette: where it listens, and its name for the database."""

    port: int
    database: str

    def page_path(self, until: str) -> str:
        """The table's page of 50 rows at its best: no count, no facets."""
        asked = {
            "_size": 50,
            "_nocount": 1,
            "_nofacet": 1,
            "_sort_desc": "occurred_at",
            "occurred_at__lt": until,
        }
        return f"/{self.database}/events?{urlencode(asked)}"

    def facets_path(self, since: str, until: str) -> str:
        """The four facets of a period, and not one row more than there must be."""
        asked: list[tuple[str, str | int]] = [("_facet", name) for name in FACETS]
        asked += [("occurred_at__gte", since), ("occurred_at__lt", until)]
        asked += [("_size", 1), ("_nocount", 1), ("_facet_size", 8)]
        return f"/{self.database}/events.json?{urlencode(asked)}"

    def sql_path(self, sql: str, parameters: dict[str, str]) -> str:
        """What answers a statement as JSON."""
        asked = {"sql": sql, "_shape": "arrays", "_ttl": "0"}
        return f"/{self.database}.json?{urlencode(asked | parameters)}"

    def ask(
        self, statements: Sequence[str], parameters: dict[str, str]
    ) -> tuple[float, list[list[list[str]]]]:
        """Seconds that all statements took together, and the rows of each."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3_600)
        connection.connect()
        paths = [self.sql_path(sql, parameters) for sql in statements]
        began = time.perf_counter()
        bodies = []
        for path in paths:
            connection.request("GET", path)
            bodies.append(connection.getresponse().read())
        seconds = time.perf_counter() - began
        connection.close()
        answers = [json.loads(body) for body in bodies]
        for answer in answers:
            if not answer.get("ok", True) or "rows" not in answer:
                raise RuntimeError(f"Datasette: {answer.get('error')}")
        return seconds, [answer["rows"] for answer in answers]


@contextmanager
def serve_datasette(python: Path, database: Path, port: int, log: Path) -> Iterator[Datasette]:
    """Datasette, one process, until the block ends."""
    command = [str(python.parent / "datasette"), "serve", "--immutable", str(database)]
    command += ["--port", str(port)]
    for name, value in _SETTINGS.items():
        command += ["--setting", name, str(value)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(process, port, log)
            yield Datasette(port, database.stem)
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/-/versions.json")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError(f"Datasette did not answer:\n{log.read_text(encoding='utf-8')}")
