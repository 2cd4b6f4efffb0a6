"""A Mode to pull from: a real HTTP server with the quirks that Mode is known or feared to have.

In a test: `with FakeMode() as mode: mode.add(record); …`. By hand, or to be killed beside others:
`python -m tests.fake_mode --port 8090 --events events.ndjson`.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

FILTERS = ("action", "entity_id", "entity_type", "entity_name", "username", "ip", "event_source")


@dataclass(frozen=True)
class Fault:
    """What one request gets instead of its answer; with status 200, what is wrong with the answer.

    `kind`: answer (status, headers, body), drop (the connection closes without a word), repeat_page
    (the page before, again, with its cursor), repeat_cursor (the right page, but its cursor leads
    to itself), slow (the right page, after `delay` seconds).
    """

    kind: str = "answer"
    status: int = 500
    body: bytes = b'{"id": "internal_error", "message": "Something broke."}'
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """One answer as it goes out."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(order=True)
class _Entry:
    at: int
    key: str
    raw: bytes = field(compare=False)


def problem(status: int, word: str, message: str, **headers: str) -> Fault:
    """An error as most of Mode's API writes it; `Retry_After="3"` gives that header."""
    body = json.dumps({"id": word, "message": message}).encode()
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Fault(status=status, body=body, headers=named)


@dataclass
class FakeMode:
    """The feed of one workspace. `script`: what happens to each of the next requests (or None)."""

    workspace: str = "acme"
    token: str = "workspace-token"
    secret: str = "workspace-secret"
    page_size: int = 100
    cursor_in: str = "top"  # or pagination
    echo: bool = True
    tells_agent: bool = False
    latency: float = 0.0
    clock: Callable[[], int] = lambda: time.time_ns() // 1000
    script: deque[Fault | None] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._last: Answer | None = None
        self._echoes = 0
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    # What stands in the feed

    def add(self, record: dict[str, Any] | bytes, at: int | None = None, key: str = "") -> None:
        """Put an event in, in place of one with its id; `at` where it has no timestamp."""
        raw = record if isinstance(record, bytes) else json.dumps(record).encode()
        if isinstance(record, dict):
            key = key or str(record.get("id") or len(self._entries))
            at = read_timestamp(str(record["timestamp"])) if at is None else at
        if at is None:
            raise ValueError("raw bytes need `at`")
        with self._lock:
            self._entries[key] = _Entry(at, key, raw)

    def add_all(self, records: Iterable[dict[str, Any]]) -> None:
        """Several at once."""
        for record in records:
            self.add(record)

    def ids(self, before: int | None = None) -> set[str]:
        """The id of every event that the feed holds now, echoes included, up to an instant."""
        with self._lock:
            entries = list(self._entries.values())
        return {entry.key for entry in entries if before is None or entry.at < before}

    # Serving

    def start(self, port: int = 0) -> FakeMode:
        """Listen on 127.0.0.1."""
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening."""
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    @property
    def url(self) -> str:
        """Its base URL."""
        if self._server is None:
            raise RuntimeError("not started")
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeMode:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def answer(self, seen: Seen) -> Answer | None:
        """What a request gets; None closes the connection."""
        with self._lock:
            self.seen.append(seen)
            fault = self.script.popleft() if self.script else None
        time.sleep(self.latency + (fault.delay if fault else 0))
        if fault and fault.kind == "drop":
            return None
        if fault and fault.kind == "answer":
            return Answer(fault.status, fault.body, headers=fault.headers)
        if fault and fault.kind == "repeat_page" and self._last:
            return self._last
        refusal = self._refuse(seen)
        if refusal:
            return refusal
        self._last = self._page(
            seen.parameters, fault is not None and fault.kind == "repeat_cursor"
        )
        self._echo(seen.headers.get("user-agent", ""))
        return self._last

    def _refuse(self, seen: Seen) -> Answer | None:
        """In the order of the real one: Accept comes before the token."""
        if "application/hal+json" in seen.headers.get("accept", ""):
            return Answer(406, b"<h1>Not Acceptable</h1>", "text/html")
        wanted = base64.b64encode(f"{self.token}:{self.secret}".encode()).decode()
        if seen.headers.get("authorization") != f"Basic {wanted}":
            return Answer(401, b"HTTP Basic: Access denied.\n", "text/plain")
        if seen.path != f"/api/{self.workspace}/audit_logs":
            return Answer(404, b'{"id": "not_found", "message": "Not found"}')
        try:
            for name in ("start_timestamp", "end_timestamp"):
                read_timestamp(seen.parameters[name])
        except (KeyError, ValueError):
            return Answer(400, b'{"errors": {"start_timestamp": ["is invalid"]}}')
        return None

    def _page(self, parameters: dict[str, str], stuck: bool) -> Answer:
        asked = {name: text for name, text in sorted(parameters.items()) if name != "next_token"}
        try:
            after = _read_cursor(parameters.get("next_token", ""), asked)
        except ValueError:
            return Answer(400, b'{"errors": {"next_token": ["does not fit"]}}')
        start, end = (read_timestamp(asked[f"{word}_timestamp"]) for word in ("start", "end"))
        with self._lock:
            found = sorted(
                entry
                for entry in self._entries.values()
                if start <= entry.at < end and (entry.at, entry.key) > after and _fits(entry, asked)
            )
        page, rest = found[: self.page_size], found[self.page_size :]
        cursor = _write_cursor(page[-1], asked) if rest else None
        if stuck:
            cursor = parameters.get("next_token") or _write_cursor(page[-1], asked)
        return Answer(200, self._envelope(page, cursor))

    def _envelope(self, page: list[_Entry], cursor: str | None) -> bytes:
        rows = b", ".join(entry.raw for entry in page)
        if self.cursor_in == "pagination":
            tail = b'"pagination": ' + json.dumps({"next_token": cursor}).encode()
        else:
            tail = b'"next_token": ' + json.dumps(cursor or "").encode()
        return b'{"audit_logs": [' + rows + b"], " + tail + b"}"

    def _echo(self, agent: str) -> None:
        """Reading the log is an event of the log."""
        if not self.echo:
            return
        self._echoes += 1
        at = self.clock()
        moment = datetime.fromtimestamp(at / 1e6, UTC)
        record = {
            "id": f"echo-{at}-{self._echoes}",
            "action": "audit_log_accessed",
            "description": "audit log accessed",
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "workspace_username": self.workspace,
            "context": None,
            "actor": {
                "username": "auditdash",
                "ip": "192.0.2.9",
                **({"user_agent": agent} if self.tells_agent else {}),
            },
        }
        self.add(record, at)


def read_timestamp(text: str) -> int:
    """ISO 8601 with 0 to 9 fraction digits; a naive one is UTC. Microseconds."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _fits(entry: _Entry, asked: dict[str, str]) -> bool:
    """Flat filters of the request against the nested record; unknown ones are ignored."""
    wanted = {name: text for name, text in asked.items() if name in FILTERS}
    if not wanted:
        return True
    record = json.loads(entry.raw)
    flat = {**record, **(record.get("actor") or {}), **(record.get("entity") or {})}
    return all(flat.get(name) == text for name, text in wanted.items())


def _write_cursor(entry: _Entry, asked: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([entry.at, entry.key, asked]).encode()).decode()


def _read_cursor(text: str, asked: dict[str, str]) -> tuple[int, str]:
    """A cursor is good only with the parameters that it was given for."""
    if not text:
        return (-1, "")
    at, key, for_these = json.loads(base64.urlsafe_b64decode(text))
    if for_these != asked:
        raise ValueError("the other parameters changed")
    return (at, key)


def _handler(mode: FakeMode) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, or Nagle waits 40 ms between them

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            parameters = {name: texts[-1] for name, texts in parse_qs(address.query).items()}
            headers = {name.lower(): text for name, text in self.headers.items()}
            answer = mode.answer(Seen(address.path, parameters, headers))
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, text in answer.headers:
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(answer.body)

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # the puller was killed
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Stay quiet."""

    return Handler


def main() -> None:
    """Serve the events of a file (NDJSON) until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--events", type=Path)
    parser.add_argument("--page-size", type=int, default=100)
    given = parser.parse_args()
    mode = FakeMode(page_size=given.page_size)
    if given.events:
        mode.add_all(json.loads(line) for line in given.events.read_bytes().split(b"\n") if line)
    mode.start(given.port)
    sys.stdout.write(f"{mode.url} workspace {mode.workspace}, {mode.token}, {mode.secret}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
