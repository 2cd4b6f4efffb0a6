"""A filtered search of nearly all events as CSV, with the memory of the worker that sends it, and
the same search page by page: both must say the same, row for row."""

from __future__ import annotations

import csv
import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from auditdash.accounts.tokens import READ
from auditdash.downloads.cells import defuse
from auditdash.downloads.columns import COLUMNS
from tests.bench.bench import Bench, say
from tests.bench.results.figures import Figure, Line, figure
from tests.bench.stages.memory import Memory, find_worker, memory_of

_QUERY = "-action:report_activity_visualization_added -source:auditdash"
_PATH = "/api/v1/events"
_LIMIT = 1_000
_PARTS = 10
_FLAT = 1.1
_MOST = 300  # MB
_TIMEOUT = 3_600


def measure_walk(bench: Bench) -> Iterator[Line]:
    """The CSV to a file, then the pages beside it."""
    file = bench.home / "walk.csv"
    with bench.ours.serve(1) as port:
        headers = {"Authorization": f"Bearer {bench.ours.api_token(READ)}"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        first = _page(connection, f"{_PATH}?q={quote(_QUERY)}&limit=1", headers)
        asked = f"{_PATH}?q={quote(_QUERY)}&seq={first['highest_seq']}"
        say("a filtered search as CSV, the memory of its worker beside it")
        memory, seconds, length = _fetch(connection, asked, headers, file, bench.plan.events)
        say(f"{length / 1e6:,.0f} MB in {seconds:.0f} s: {_text(memory)}; now page by page")
        rows, pages = _compare(connection, asked, headers, file)
    yield from _lines(memory, rows, seconds, pages)


def _fetch(
    connection: http.client.HTTPConnection,
    asked: str,
    headers: dict[str, str],
    file: Path,
    events: int,
) -> tuple[list[Memory], float, int]:
    """Memory before the first row, after each tenth of the rows, and at the end."""
    pid = find_worker()
    memory, rows = [memory_of(pid)], 0
    began = time.perf_counter()
    connection.request("GET", asked, headers={**headers, "Accept": "text/csv"})
    response = connection.getresponse()
    with file.open("wb") as output:
        while piece := response.read(1 << 18):
            output.write(piece)
            rows += piece.count(b"\r\n")
            if rows * _PARTS >= len(memory) * events:
                memory.append(memory_of(pid))
    seconds = time.perf_counter() - began
    memory.append(memory_of(pid))
    return memory, seconds, file.stat().st_size


def _compare(
    connection: http.client.HTTPConnection, asked: str, headers: dict[str, str], file: Path
) -> tuple[int, list[float]]:
    """How many rows both have; the seconds of each page. RuntimeError at the first difference."""
    seconds: list[float] = []
    rows = 0
    following: str | None = f"{asked}&limit={_LIMIT}"
    with file.open(encoding="utf-8", newline="") as lines:
        table = csv.reader(lines)
        if next(table) != list(COLUMNS):
            raise RuntimeError("the CSV has other columns")
        while following:
            began = time.perf_counter()
            page = _page(connection, following, headers)
            seconds.append(time.perf_counter() - began)
            for event in page["events"]:
                rows += 1
                if next(table, None) != _cells(event):
                    raise RuntimeError(f"row {rows:,} is another one in the CSV: {event}")
            following = page["link"]
        if next(table, None) is not None:
            raise RuntimeError(f"the CSV goes on behind row {rows:,}")
    return rows, seconds


def _cells(event: dict[str, Any]) -> list[str]:
    context = event["context"]
    told = {**event, "context": context and msgspec.json.encode(context).decode()}
    return ["" if told[name] is None else defuse(str(told[name])) for name in COLUMNS]


def _page(
    connection: http.client.HTTPConnection, address: str, headers: dict[str, str]
) -> dict[str, Any]:
    connection.request("GET", address, headers=headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{address}: {response.status} {body[:200]!r}")
    link = (response.getheader("Link") or "").removeprefix("<").partition(">")[0]
    found: dict[str, Any] = msgspec.json.decode(body)
    return {**found, "link": link}


def _lines(memory: list[Memory], rows: int, seconds: float, pages: list[float]) -> Iterator[Line]:
    most, early = max(each.rss for each in memory), max(each.rss for each in memory[:3])
    yield Line(
        what="memory of a worker while a filtered search streams as CSV (RSS)",
        unit="MB",
        ours=Figure(most, most),
        target=f"≤ {_MOST} MB",
        met=most <= _MOST,
        note=f"{_text(memory)} MB before it, after each tenth of it, and at the end.",
    )
    yield Line(
        what="memory while a CSV streams: the whole against its first fifth",
        unit="times",
        ours=Figure(most / early, most / early),
        target="flat",
        met=most / early <= _FLAT,
    )
    yield Line(
        what="rows of a CSV that are the same page by page",
        unit="count",
        ours=Figure(rows, rows),
        target="all",
        met=True,
        note=f"the CSV took {seconds:.0f} s ({rows / seconds:,.0f} rows a second).",
    )
    yield Line(what=f"page of {_LIMIT:,} events by the API", unit="ms", ours=figure(pages, 1_000))


def _text(memory: list[Memory]) -> str:
    return ", ".join(f"{each.rss:.0f}" for each in memory)
