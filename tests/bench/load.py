"""`python -m tests.bench.load`: the demo at a steady rate of all that people and programs do.

Pages, files, access and the API are read, events come in, one report is made: nothing may answer
5xx, and workers may not grow. Who sends does not wait for answers: what is late is counted as late.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import click
from sqlalchemy import Engine

from auditdash.accounts.tokens import INGEST, READ, create_token
from auditdash.events.instants import DAY, Instant, now, to_rfc3339
from auditdash.ingest.demo_workspace import load_demo
from auditdash.settings import Settings
from auditdash.store.engine import open_engine, writing
from auditdash.store.migrate import migrate
from auditdash.store.workspaces import list_workspaces
from tests.bench.stages.memory import memory_of
from tests.make import make_record
from tests.people import open_session
from tests.serving import find_free_port, running, with_port

_LOOKS = 10  # at the memory of workers, while it goes on
_THREADS = 48
_BATCH = 20  # events
_WARM = 5  # seconds at a tenth of the rate, before the memory is looked at
_LATE = 1.0  # seconds
# Of a hundred requests, who asks what: a page of the demo, or the API of a workspace.
_PAGES = (
    *("/timeline?q=-source:auditdash",) * 12,
    *("/timeline?q=op:export",) * 12,
    *("/timeline/complete?q=actor:a",) * 6,
    *("/summaries/exports",) * 8,
    *("/summaries/permissions",) * 6,
    *("/access",) * 6,
    *("/charts?q=-source:auditdash",) * 4,
    *("/downloads/events.csv?q=op:export%20created:%3E=now-3d",) * 4,
    *("/coverage", "/reports", "/saved", "/settings") * 2,
)
_API = (
    *("/api/v1/events?limit=20",) * 12,
    *("/api/v1/facets?q=op:export",) * 6,
    *("/api/v1/histogram",) * 4,
    *("/api/v1/access?limit=20",) * 4,
)
_SENDS = 8


class Seen:
    """What was answered, by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.statuses: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.late = 0
        self.lasted = 0.0  # seconds until the last answer

    def add(self, path: str, status: str, took: float, *, late: bool) -> None:
        """One more; `took` in seconds from when it was sent."""
        with self._lock:
            self.statuses[status] += 1
            self.seconds.append(took)
            self.late += late
            if not status.startswith(("2", "3")):
                self.wrong[f"{status} {path.partition('?')[0]}"] += 1


class Schedule:
    """Which request is next and when, however many threads send them."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._rate, self._seconds = rate, seconds
        self._numbers, self._lock = count(), threading.Lock()
        self._began = time.perf_counter()

    def __iter__(self) -> Iterator[tuple[int, float]]:
        """Each number with the moment at which it is due; waits for that."""
        while True:
            with self._lock:
                number = next(self._numbers)
            after = number / self._rate
            if after >= self._seconds:
                return
            due = self._began + after
            time.sleep(max(0.0, due - time.perf_counter()))
            yield number, due


class Sender(threading.Thread):
    """Sends what is next, over a connection of its own."""

    def __init__(self, port: int, who: dict[str, str], schedule: Schedule, seen: Seen) -> None:
        super().__init__(daemon=True)
        self._port, self._who, self._schedule, self._seen = port, who, schedule, seen

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        for number, due in self._schedule:
            method, path, headers, body = _request(number, self._who)
            began = time.perf_counter()
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                answer.read()
                status = str(answer.status)
            except (OSError, http.client.HTTPException) as error:
                connection.close()  # opened again by the next request
                status = type(error).__name__
            took = time.perf_counter() - began
            self._seen.add(path, status, took, late=began - due > _LATE)
        connection.close()


def _request(number: int, who: dict[str, str]) -> tuple[str, str, dict[str, str], bytes | None]:
    turn = number * 37 % (len(_PAGES) + len(_API) + _SENDS)  # all of them, well mixed
    if turn < len(_PAGES):
        return "GET", _PAGES[turn], {"Cookie": who["cookie"]}, None
    bearer = {"Authorization": f"Bearer {who['token']}"}
    turn -= len(_PAGES)
    if turn < len(_API):
        return "GET", _API[turn], bearer, None
    headers = bearer | {"Content-Type": "application/x-ndjson"}
    return "POST", "/api/v1/events", headers, _batch(number)


def _batch(number: int) -> bytes:
    at = to_rfc3339(now())
    records = (make_record(id=f"load-{number}-{n}", timestamp=at) for n in range(_BATCH))
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


class Looks(threading.Thread):
    """Looks at how much memory the workers have, again and again until it is over."""

    def __init__(self, workers: list[int], seconds: float) -> None:
        super().__init__(daemon=True)
        self._seconds, self.over = seconds, threading.Event()
        self.seen: dict[int, list[float]] = {each: [] for each in workers}

    def run(self) -> None:
        is_over = False
        while not is_over:
            for each, sizes in self.seen.items():
                sizes.append(memory_of(each).own)
            is_over = self.over.wait(self._seconds)
        for each, sizes in self.seen.items():
            sizes.append(memory_of(each).own)


def _installation(folder: Path, workers: int) -> tuple[Settings, dict[str, str]]:
    """The demo beside a workspace with a few events; the session and the token that ask."""
    env = {"AUDITDASH_INSTANCE": str(folder), "AUDITDASH_API_READS": "0"}
    settings = Settings.from_env(env | {"AUDITDASH_API_SENDS": "0"})
    migrate(settings.database_url)
    engine = open_engine(settings.database_url)
    for _ in load_demo(engine, now()):
        pass
    who = {"cookie": f"auditdash={_session(engine)}"}
    with writing(engine) as connection:
        real = next(each.id for each in list_workspaces(connection) if each.kind == "real")
        who["token"] = create_token(connection, real, "load", None, now(), [INGEST, READ])
    engine.dispose()
    return with_port(settings, find_free_port(), workers), who


def _session(engine: Engine) -> str:
    open_session(engine, None, now())  # makes the workspace
    with writing(engine) as connection:
        demo = next(each.id for each in list_workspaces(connection) if each.kind == "demo")
    return open_session(engine, demo, now())[0]


def _workers_of(master: int) -> list[int]:
    found = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii")
    return [int(each) for each in found.split()]


def _drive(port: int, who: dict[str, str], rate: float, seconds: float) -> Seen:
    seen, schedule = Seen(), Schedule(rate, seconds)
    senders = [Sender(port, who, schedule, seen) for _ in range(_THREADS)]
    began = time.perf_counter()
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    seen.lasted = time.perf_counter() - began
    return seen


def _ask_for_report(port: int, who: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {who['token']}", "Content-Type": "application/json"}
    period = {"start": to_rfc3339(Instant(now() - 30 * DAY)), "end": to_rfc3339(now())}
    order = {"period": period, "query": "", "title": "Under load"}
    connection.request("POST", "/api/v1/reports", json.dumps(order), headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != 201:
        raise click.ClickException(f"the report: {answer.status} {said[:300]!r}")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rate", default=200.0, show_default=True, help="Requests a second.")
@click.option("--minutes", default=5.0, show_default=True, help="How long.")
@click.option("--workers", default=2, show_default=True, help="Of gunicorn; `./run` has two.")
def main(rate: float, minutes: float, workers: int) -> None:
    """Drive a server with the demo; exit status 1 where anything answered 5xx."""
    with TemporaryDirectory() as folder:
        settings, who = _installation(Path(folder), workers)
        with running(settings, Path(folder) / "gunicorn.log") as master:
            _drive(settings.port, who, max(1.0, rate / 10), _WARM)
            looks = Looks(_workers_of(master.pid), minutes * 60 / _LOOKS)
            looks.start()
            _ask_for_report(settings.port, who)
            seen = _drive(settings.port, who, rate, minutes * 60)
            looks.over.set()
            looks.join()
    _tell(seen, rate)
    for pid, sizes in looks.seen.items():
        told = " ".join(f"{each:.0f}" for each in sizes)
        click.echo(f"worker {pid}, MB of its own over time: {told}")
    bad = [each for each in seen.statuses if not each.startswith(("2", "3", "4"))]
    sys.exit(1 if bad else 0)


def _tell(seen: Seen, rate: float) -> None:
    took = quantiles(seen.seconds, n=100)
    per_second = len(seen.seconds) / seen.lasted
    click.echo(f"{len(seen.seconds):,} answers, {per_second:.1f} a second of {rate:g}")
    click.echo(f"statuses: {dict(seen.statuses)}; other than 2xx and 3xx: {dict(seen.wrong)}")
    click.echo(f"median {took[49] * 1000:.0f} ms, 95 of 100 within {took[94] * 1000:.0f} ms")
    click.echo(f"sent more than {_LATE:g} s late: {seen.late:,}")


if __name__ == "__main__":
    main()
