"""Many readers for minutes while events come in: nobody may fail, and nothing may be lost."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from tests.bench.bench import Bench, say
from tests.bench.generate import END, Plan, iterate_batches
from tests.bench.results.figures import Figure, Line, figure
from tests.bench.stages.ingest import catch_up_seconds
from tests.bench.stages.pages import csv_path, timeline_path, variants
from tests.bench.workers import Message, Worker

READERS, SENDERS, RATE = 50, 6, 5_000
_WORKERS = 2
_BATCH = 5_000
_ENOUGH = 0.98
_AGENT = "auditdash-benchmark"
_PARTS = 1_000  # other events than those of the full archives
# What the readers do, and how many of them.
_SHARES = (("pages", 24), ("facets", 16), ("three filters", 6), ("files", 4))


class Sent(Struct):
    """What the sender was told: events taken in, refusals, seconds of each request."""

    added: int
    errors: list[str]
    seconds: list[float]


class Schedule:
    """Which batch is next, and when: at a steady rate, however many send them."""

    def __init__(self, batches: Sequence[bytes], seconds: float) -> None:
        self._batches, self._seconds = enumerate(batches), seconds
        self._began = time.perf_counter()
        self._lock = threading.Lock()

    def next(self) -> bytes | None:
        """Wait for the moment of the next batch; None when the time is over."""
        with self._lock:
            number, body = next(self._batches, (0, None))
        wait = self._began + number * _BATCH / RATE - time.perf_counter()
        time.sleep(max(0.0, wait))
        return None if time.perf_counter() - self._began >= self._seconds else body


class Sender(threading.Thread):
    """Posts batches one after the other until there is none."""

    def __init__(self, port: int, token: str, schedule: Schedule) -> None:
        super().__init__()
        self._port, self._schedule = port, schedule
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-ndjson",
        }
        self.sent = Sent(0, [], [])

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=600)
        while (body := self._schedule.next()) is not None:
            self._post(connection, body)
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, body: bytes) -> None:
        began = time.perf_counter()
        try:
            connection.request("POST", "/api/v1/events", body, self._headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.sent.errors.append(repr(error))
            return
        self.sent.seconds.append(time.perf_counter() - began)
        if response.status == 200:
            self.sent.added += int(json.loads(answer)["new"])
        else:
            self.sent.errors.append(f"{response.status}: {answer[:200]!r}")


def measure_readers(bench: Bench, minutes: float) -> Iterator[Line]:
    """50 readers, 5,000 events a second from six programs, a server of two workers."""
    seconds = minutes * 60
    archive = bench.ours
    before = count_all(bench)
    plan = _plan(bench, seconds)
    batches = [b"".join(batch) for batch in _batches(plan)]
    say(f"{READERS} readers and {RATE:,} events a second for {minutes:g} minutes")
    headers = {"Cookie": archive.session(), "User-Agent": _AGENT}
    with archive.serve(_WORKERS) as port:
        schedule, token = Schedule(batches, seconds), archive.api_token()
        senders = [Sender(port, token, schedule) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        done = _read(bench, port, headers, seconds)
        for sender in senders:
            sender.join()
    late = catch_up_seconds(archive)
    after = count_all(bench)
    yield from _lines(_together(senders), done, seconds, after - before, late)


def _together(senders: Sequence[Sender]) -> Sent:
    sent = Sent(0, [], [])
    for sender in senders:
        sent.added += sender.sent.added
        sent.errors += sender.sent.errors
        sent.seconds += sender.sent.seconds
    return sent


def _plan(bench: Bench, seconds: float) -> Plan:
    part = _PARTS + int(bench.remembered().get("loads", 0))
    bench.remember(loads=part - _PARTS + 1)
    events = int(seconds * RATE / _BATCH + 1) * _BATCH
    return Plan(events=events, seed=bench.plan.seed, start=END, end="2026-11-15", part=part)


def _batches(plan: Plan) -> Iterator[list[bytes]]:
    for batch in iterate_batches(plan):
        lines = iter(batch)
        while piece := list(islice(lines, _BATCH)):
            yield piece


def count_all(bench: Bench) -> int:
    """The events of the feed in our archive, without the readers' own accesses."""
    with Worker("tests.bench.ours.answer") as worker:
        worker.ask(do="open", database_url=bench.ours.settings.database_url)
        return int(worker.ask(do="ask", kind="count", text="-source:auditdash")["answer"])


def _paths(bench: Bench, what: str) -> list[str]:
    match what:
        case "pages":
            return [timeline_path(text) for text, _ in variants(bench, "latest page")]
        case "facets":
            return [timeline_path(text) for text, _ in variants(bench, "facets, 90 days + action")]
        case "three filters":
            return [timeline_path(text) for text, _ in variants(bench, "three filters")]
        case _:
            return [csv_path(text) for text, _ in variants(bench, "three filters")]


def _read(bench: Bench, port: int, headers: dict[str, str], seconds: float) -> dict[str, Message]:
    """What each group of readers saw; each group is a process of its own."""
    found: dict[str, Message] = {}

    def read(what: str, count: int) -> None:
        with Worker("tests.bench.client") as client:
            found[what] = client.ask(
                do="load",
                port=port,
                paths=_paths(bench, what),
                headers=headers,
                connections=count,
                seconds=seconds,
            )

    groups = [threading.Thread(target=read, args=share) for share in _SHARES]
    for group in groups:
        group.start()
    for group in groups:
        group.join()
    return found


def _lines(
    sent: Sent, done: dict[str, Message], seconds: float, stored: int, late: float
) -> Iterator[Line]:
    for what, each in done.items():
        yield Line(
            what=f"under load: {what}",
            unit="ms",
            ours=figure(each["seconds"], 1_000) if each["seconds"] else None,
            note=f"{len(each['seconds']):,} answers, {each['per_second']:.0f} a second.",
        )
    errors = [*sent.errors, *(error for each in done.values() for error in each["errors"])]
    yield Line(
        what="under load: errors and lock time-outs",
        unit="count",
        ours=_one(len(errors)),
        target="0",
        met=not errors,
        note=f"the first: {errors[0]}" if errors else "",
    )
    rate = sent.added / seconds
    yield Line(
        what="under load: events taken in",
        unit="per second",
        ours=_one(rate),
        target=f"{RATE:,} /s",
        met=rate >= RATE * _ENOUGH,
        note=_sent_text(sent, late),
    )
    yield Line(
        what="under load: events missing at the end",
        unit="count",
        ours=_one(sent.added - stored),
        target="0",
        met=sent.added == stored,
        note=f"{sent.added:,} acknowledged, {stored:,} stored.",
    )


def _sent_text(sent: Sent, late: float) -> str:
    if not sent.seconds:
        return "nothing was acknowledged."
    took = figure(sent.seconds, 1_000)
    return (
        f"a batch of {_BATCH:,} takes {took.middle:,.0f} / {took.high:,.0f} ms;"
        f" the index was {late * 1000:,.0f} ms behind at the end."
    )


def _one(number: float) -> Figure:
    return Figure(number, number)
