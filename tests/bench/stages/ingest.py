"""Taking events in: into nothing, and into a full archive."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from tests.bench.bench import MORE, Bench, action_rows, say
from tests.bench.generate import Plan
from tests.bench.ours.archive import Archive, postgres_url
from tests.bench.results.figures import Figure, Line, figure, ratio_of
from tests.bench.workers import Worker

SAMPLE = 500_000
_EMPTY_TARGET, _FULL_TARGET = 0.5, 0.3


class Contender(Struct, frozen=True):
    """One who takes events in. Each function is given a file and gives seconds back; `fill`
    begins with nothing."""

    name: str
    fill: Callable[[Path], float]
    add: Callable[[Path], float]


@contextmanager
def open_contenders(bench: Bench, home: Path) -> Iterator[list[Contender]]:
    """Everybody, with their files in this folder; the raw ceiling keeps nothing for later."""
    with ExitStack() as stack:
        sqlite = stack.enter_context(Worker("tests.bench.rivals.sqlite", bench.peers))
        duck = stack.enter_context(Worker("tests.bench.rivals.duck", bench.peers))
        found = [
            _raw(sqlite, home / "bare.db"),
            _ours("ours", Archive(home / "auditdash")),
            _peer("datasette", sqlite, "make_plain", "add_plain", home / "plain.db"),
            _peer("duckdb", duck, "make", "add", home / "duck.db"),
        ]
        if bench.postgres:
            found.append(_on_postgres(home))
        yield found


def _raw(sqlite: Worker, database: Path) -> Contender:
    def add(events: Path) -> float:
        return _seconds(sqlite, "take_bare", events, database)

    def fill(events: Path) -> float:
        _remove(database)
        return add(events)

    return Contender("raw", fill, add)


def _peer(name: str, worker: Worker, make: str, add: str, database: Path) -> Contender:
    def fill(events: Path) -> float:
        _remove(database)
        return float(
            worker.ask(do=make, events=str(events), database=str(database), actions=action_rows())[
                "seconds"
            ]
        )

    return Contender(name, fill, lambda events: _seconds(worker, add, events, database))


def _ours(name: str, archive: Archive) -> Contender:
    def add(events: Path) -> float:
        return archive.take_in(events) + catch_up_seconds(archive)

    def fill(events: Path) -> float:
        archive.remove()
        return add(events)

    return Contender(name, fill, add)


def _on_postgres(home: Path) -> Contender:
    def archive(*, fresh: bool) -> Archive:
        url = postgres_url(home / "postgres", fresh=fresh)
        return Archive(home / "auditdash-postgres", url)

    def add(events: Path) -> float:
        return _ours("postgres", archive(fresh=False)).add(events)

    def fill(events: Path) -> float:
        return _ours("postgres", archive(fresh=True)).fill(events)

    return Contender("postgres", fill, add)


def catch_up_seconds(archive: Archive) -> float:
    """What the first search after an import takes longer than the next: what it still had to do."""
    with Worker("tests.bench.ours.answer") as worker:
        worker.ask(do="open", database_url=archive.settings.database_url)
        first, again = (
            worker.ask(do="ask", kind="count", text="actor:nobody")["seconds"] for _ in range(2)
        )
    return max(float(first) - float(again), 0.0)


def _seconds(worker: Worker, task: str, events: Path, database: Path) -> float:
    return float(worker.ask(do=task, events=str(events), database=str(database))["seconds"])


def _remove(database: Path) -> None:
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    database.parent.mkdir(parents=True, exist_ok=True)


def fill_archives(bench: Bench) -> None:
    """Load what is not loaded yet, all events of the run into each; how long is written down."""
    with open_contenders(bench, bench.home) as contenders:
        for each in contenders:
            done = bench.remembered().get("seconds", {})
            if each.name == "raw" or each.name in done:
                continue
            say(f"loading {bench.plan.events:,} events: {each.name}")
            seconds = each.fill(bench.events())
            bench.remember(seconds=done | {each.name: seconds})
            say(f"  {bench.plan.events / seconds:,.0f} a second")


def measure_ingest(bench: Bench) -> Iterator[Line]:
    """Rounds into nothing, then rounds into the full archives, everybody in turn."""
    sample = Plan(events=min(SAMPLE, bench.plan.events), seed=bench.plan.seed)
    scratch = bench.home / "scratch"
    with open_contenders(bench, scratch) as contenders:
        raw = next(each for each in contenders if each.name == "raw")
        say(f"ingest into nothing, {bench.rounds} rounds of {sample.events:,} events")
        path = bench.events(sample)
        empty = {each.name: list[float]() for each in contenders}
        for _ in range(bench.rounds):
            for each in contenders:
                empty[each.name].append(sample.events / each.fill(path))
        yield from _lines("ingest, empty", empty, _EMPTY_TARGET, "≥ 50 % of raw")
        fill_archives(bench)
        yield from _lines(f"ingest into {bench.plan.events:,}", _add(bench, raw), _FULL_TARGET,
                          "≥ 30 % of raw")  # fmt: skip
    shutil.rmtree(scratch, ignore_errors=True)


def _add(bench: Bench, raw: Contender) -> dict[str, list[float]]:
    """Rates into the full archives. The raw table has no index: its size changes nothing."""
    say(f"ingest into the full archives, {bench.rounds} rounds of {MORE:,} events")
    with open_contenders(bench, bench.home) as contenders:
        full = [raw, *(each for each in contenders if each.name != "raw")]
        rates = {each.name: list[float]() for each in full}
        for _ in range(bench.rounds):
            part = int(bench.remembered().get("parts", 0)) + 1
            path = bench.more(part)
            for each in full:
                rates[each.name].append(MORE / each.add(path))
            bench.remember(parts=part)
            path.unlink()
    return rates


def _lines(what: str, rates: dict[str, list[float]], target: float, text: str) -> Iterator[Line]:
    figures = {name: figure(measured) for name, measured in rates.items()}
    for name, label in (("ours", what), ("postgres", f"{what}, PostgreSQL")):
        if name in figures:
            yield _line(label, figures, name, target, text)


def _line(what: str, figures: dict[str, Figure], name: str, target: float, text: str) -> Line:
    ours, raw = figures[name], figures["raw"]
    ratio = ratio_of("per second", ours.middle, raw.middle)
    return Line(
        what=what,
        unit="per second",
        ours=ours,
        datasette=figures["datasette"],
        duckdb=figures["duckdb"],
        raw=raw,
        ratio=ratio,
        target=text,
        met=ratio >= target,
    )
