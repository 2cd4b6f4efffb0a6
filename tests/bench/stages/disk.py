"""What an event takes of the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.bench.bench import MORE, Bench
from tests.bench.ours.archive import Archive, postgres_url, size_of
from tests.bench.results.figures import Figure, Line, Unit, ratio_of

_TARGET = 0.6


def measure_disk(bench: Bench) -> Iterator[Line]:
    """Bytes of each event: everything that lies in the instance, against the plain table's file."""
    yield _line(bench, "disk of an event", bench.ours)
    if bench.postgres:
        url = postgres_url(bench.home / "postgres", fresh=False)
        archive = Archive(bench.home / "auditdash-postgres", url)
        yield _line(bench, "disk of an event, PostgreSQL", archive)


def _line(bench: Bench, what: str, archive: Archive) -> Line:
    events = bench.plan.events + MORE * int(bench.remembered().get("parts", 0))
    ours = archive.disk_bytes() / events
    plain, duck = (_size(path) / events for path in (bench.plain, bench.duck))
    unit: Unit = "bytes"
    return Line(
        what=what,
        unit=unit,
        ours=Figure(ours, ours),
        datasette=Figure(plain, plain),
        duckdb=Figure(duck, duck),
        ratio=ratio_of(unit, ours, plain),
        target=f"≤ {_TARGET:.0%} of the plain table",
        met=ours <= _TARGET * plain,
    )


def _size(database: Path) -> int:
    return size_of(database.parent.glob(f"{database.name}*"))
