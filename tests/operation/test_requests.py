"""Requests are counted by many at once, and a killed worker takes nothing with it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Thread

import pytest

from auditdash.operation.requests import BUCKETS, Counted, RequestCounts
from tests.processes import Processes

_ENDPOINTS = ("home.home", "timeline.timeline")
_EACH = 400


def count_and_die(folder: str) -> None:
    """What a worker does that is killed: two threads count, then it is gone."""
    counts = RequestCounts(Path(folder), _ENDPOINTS)
    threads = [Thread(target=_count, args=(counts,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.kill(os.getpid(), signal.SIGKILL)


def _count(counts: RequestCounts) -> None:
    for number in range(_EACH):
        counts.add("timeline.timeline", 200 if number % 4 else 503, 0.002)


def test_the_counts_of_all_workers_add_up(processes: Processes, tmp_path: Path) -> None:
    workers = [processes.Process(target=count_and_die, args=(str(tmp_path),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == -signal.SIGKILL
    counts = RequestCounts(tmp_path, _ENDPOINTS)
    every = 3 * 2 * _EACH
    buckets = (every, *[0] * len(BUCKETS))
    by_status = {200: every * 3 // 4, 503: every // 4}
    assert counts.counted() == [Counted("timeline.timeline", by_status, buckets, every * 2_000)]


@pytest.mark.parametrize(
    ("endpoint", "status", "seconds", "named", "counted_as", "bucket"),
    [
        ("home.home", 200, 0.005, "home.home", 200, 0),
        ("home.home", 200, 0.006, "home.home", 200, 1),
        ("home.home", 200, 10.0, "home.home", 200, 7),
        ("home.home", 200, 11.0, "home.home", 200, 8),
        ("home.home", 299, 0.0, "home.home", 0, 0),
        (None, 404, 0.0, "none", 404, 0),
        ("came.later", 200, 0.0, "none", 200, 0),
    ],
)
def test_each_request_has_its_place(
    tmp_path: Path,
    endpoint: str | None,
    status: int,
    seconds: float,
    named: str,
    counted_as: int,
    bucket: int,
) -> None:
    counts = RequestCounts(tmp_path, _ENDPOINTS)
    counts.add(endpoint, status, seconds)
    (found,) = counts.counted()
    assert (found.endpoint, found.by_status) == (named, {counted_as: 1})
    assert found.by_bucket[bucket] == sum(found.by_bucket) == 1


def test_another_version_counts_for_itself_while_the_old_one_ends(tmp_path: Path) -> None:
    old = RequestCounts(tmp_path, _ENDPOINTS)
    new = RequestCounts(tmp_path, ("home.home",))
    old.add("timeline.timeline", 200, 0.0)
    assert new.counted() == []
    assert [each.endpoint for each in old.counted()] == ["timeline.timeline"]
    assert len(list(tmp_path.iterdir())) == 1
