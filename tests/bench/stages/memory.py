"""What one worker of the server keeps in memory, at rest and while everything streams out."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tests.bench.bench import Bench, say
from tests.bench.results.figures import Figure, Line
from tests.bench.stages.pages import timeline_path, variants
from tests.bench.workers import Worker

_LIMIT = 300  # MB
_FLAT = 1.1
_EVERY = 0.25  # seconds
_AGENT = "auditdash-benchmark"


class Memory(Struct, frozen=True):
    """MB of one process: all of it in RAM, what no other process shares, and what is not just
    pages of files that the system may take back."""

    rss: float
    uss: float
    own: float


class _Watch(threading.Thread):
    """Looks at a process again and again until it is stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid, self._stop_it = pid, threading.Event()
        self.seen: list[Memory] = []

    def run(self) -> None:
        while not self._stop_it.wait(_EVERY):
            self.seen.append(memory_of(self._pid))

    def stop(self) -> list[Memory]:
        """What was seen."""
        self._stop_it.set()
        self.join()
        return self.seen or [memory_of(self._pid)]


def measure_memory(bench: Bench) -> Iterator[Line]:
    """One worker after some pages, then while it sends all events as NDJSON."""
    with bench.ours.serve(1) as port, Worker("tests.bench.client") as client:
        headers = {"Cookie": bench.ours.session(), "User-Agent": _AGENT}
        paths = [timeline_path(text) for text, _ in variants(bench, "facets, 30 days")]
        client.ask(
            do="load", port=port, paths=paths, headers=headers, connections=8, seconds=bench.seconds
        )
        pid = find_worker()
        before = memory_of(pid)
        say(f"memory of a worker: {before.rss:.0f} MB; all events stream out")
        watch = _Watch(pid)
        watch.start()
        began = time.perf_counter()
        done = client.ask(do="fetch", port=port, path="/downloads/events.ndjson", headers=headers)
        seconds = time.perf_counter() - began
        seen = watch.stop()
    if done["status"] != 200:
        raise RuntimeError(f"all events as NDJSON: {done}")
    rate = bench.plan.events / seconds
    yield from _lines(before, seen, rate)


def _lines(before: Memory, seen: list[Memory], rate: float) -> Iterator[Line]:
    early = max(each.own for each in seen[: max(1, len(seen) // 5)])
    late = max(each.own for each in seen)
    for what, at_rest, streaming in (
        ("memory of a worker (RSS)", before.rss, max(each.rss for each in seen)),
        ("memory of a worker, unshared (USS)", before.uss, max(each.uss for each in seen)),
        ("memory of a worker, without mapped files", before.own, late),
    ):
        yield Line(
            what=what,
            unit="MB",
            ours=Figure(streaming, streaming),
            target=f"≤ {_LIMIT} MB",
            met=streaming <= _LIMIT,
            note=f"{at_rest:.0f} MB before all events streamed out, at most {streaming:.0f} MB then"
            f" ({rate:,.0f} events a second).",
        )
    growth = late / early
    yield Line(
        what="memory while streaming: the whole against its first fifth",
        unit="times",
        ours=Figure(growth, growth),
        target="flat",
        met=growth <= _FLAT,
    )


def find_worker() -> int:
    """The id of the only worker of the gunicorn that this process started."""
    for child in _children(os.getpid()):
        if b"gunicorn" in Path(f"/proc/{child}/cmdline").read_bytes():
            return _children(child)[0]
    raise RuntimeError("no gunicorn runs")


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for path in tasks for word in path.read_text(encoding="ascii").split()]


def memory_of(pid: int) -> Memory:
    """What the kernel says about it now."""
    kilobytes: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, _, value = line.partition(":")
        kilobytes[name] = int(value.split()[0])
    private = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return Memory(
        rss=kilobytes["Rss"] / 1024, uss=private / 1024, own=kilobytes["Anonymous"] / 1024
    )
