"""A CSV of 100,000 rows over HTTP, beside Python's csv.writer over the same rows."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from tests.bench.bench import Bench, say
from tests.bench.generate import END, START
from tests.bench.results.figures import Line, figure, ratio_of
from tests.bench.stages.pages import csv_path
from tests.bench.workers import Worker

ROWS = 100_000
_FIRST_BYTE = 100  # ms
_TARGET = 3
_AGENT = "auditdash-benchmark"


def measure_files(bench: Bench) -> Iterator[Line]:
    """First byte and whole file. The other way reads the rows of the plain table and writes them
    to a file with csv.writer; it has 16 columns where ours has more."""
    say(f"CSV of {ROWS:,} rows, {bench.rounds} rounds")
    file = bench.home / "ours.csv"
    first, whole, plain = list[float](), list[float](), list[float]()
    with (
        bench.ours.serve(1) as port,
        Worker("tests.bench.client") as client,
        Worker("tests.bench.rivals.sqlite", bench.peers) as sqlite,
    ):
        headers = {"Cookie": bench.ours.session(), "User-Agent": _AGENT}
        for number in range(bench.rounds + 1):
            since, until = _period(bench.plan.events, number)
            path = csv_path(f"created:>={since} created:<{until}")
            done = client.ask(do="fetch", port=port, path=path, headers=headers, file=str(file))
            theirs = sqlite.ask(
                do="write_csv",
                database=str(bench.plain),
                since=since,
                until=until,
                file=str(bench.home / "plain.csv"),
            )
            rows = _count_rows(file)
            if done["status"] != 200 or rows != theirs["rows"]:
                raise RuntimeError(f"{done}: {rows} rows, csv.writer wrote {theirs['rows']}")
            if number:  # the first one warms up
                first.append(done["first"])
                whole.append(done["seconds"] / rows * ROWS)
                plain.append(theirs["seconds"] / rows * ROWS)
    yield _first_line(first)
    yield _whole_line(whole, plain, _write_again(file))


def _period(events: int, number: int) -> tuple[str, str]:
    """Days with a little more than 100,000 events; another end each time."""
    start, end = date.fromisoformat(START), date.fromisoformat(END)
    days = math.ceil(ROWS * 1.05 / (events / (end - start).days))
    last = end - timedelta(number)
    return max(start, last - timedelta(days)).isoformat(), last.isoformat()


def _count_rows(file: Path) -> int:
    with file.open(encoding="utf-8", newline="") as lines:
        return sum(1 for _ in csv.reader(lines)) - 1


def _write_again(file: Path) -> float:
    """Seconds that csv.writer takes for our own cells when they are in memory already."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    began = time.perf_counter()
    csv.writer(io.StringIO()).writerows(rows)
    return (time.perf_counter() - began) / len(rows) * ROWS


def _first_line(first: list[float]) -> Line:
    ours = figure(first, 1_000)
    return Line(
        what="CSV over HTTP, first byte",
        unit="ms",
        ours=ours,
        target=f"≤ {_FIRST_BYTE} ms",
        met=ours.middle <= _FIRST_BYTE,
    )


def _whole_line(whole: list[float], plain: list[float], in_memory: float) -> Line:
    ours, theirs = figure(whole, 1_000), figure(plain, 1_000)
    ratio = ratio_of("ms", ours.middle, theirs.middle)
    return Line(
        what=f"CSV over HTTP, {ROWS:,} rows",
        unit="ms",
        ours=ours,
        datasette=theirs,
        ratio=ratio,
        target=f"≥ {_TARGET} × csv.writer",
        met=ratio >= _TARGET,
        note="in Datasette's column: rows of its table, read and written to a file with csv.writer,"
        f" 16 columns; our 25, in memory already, take csv.writer {in_memory * 1000:,.0f} ms.",
    )
