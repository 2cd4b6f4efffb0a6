"""gunicorn serves the real app with our configuration, and ends in order."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from msgspec.structs import replace

from auditdash.settings import Settings
from tests.databases import ON_SQLITE
from tests.serving import find_free_port, running, serve, with_port

pytestmark = ON_SQLITE
_PATIENCE = 120


def test_a_stranger_is_sent_to_the_door_with_strict_headers(live_server: str) -> None:
    answer = httpx.get(f"{live_server}/timeline", follow_redirects=False)
    assert answer.status_code in {302, 303}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_longest_question_fits_into_an_address(live_server: str) -> None:
    question = "ä" * 1000  # 6,000 characters as they travel
    answer = httpx.get(f"{live_server}/timeline", params={"q": question})
    assert answer.status_code in {302, 303}


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Content-Length : 5",
        "Transfer-Encoding: xchunked",
    ],
)
def test_a_request_whose_end_is_not_clear_is_refused(live_server: str, lines: str) -> None:
    place = urlsplit(live_server)
    head = f"POST /login HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n"
    with socket.create_connection((place.hostname or "", place.port or 0), 60) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(partial(connection.recv, 4096), b""))  # and hung up on
    assert re.match(rb"HTTP/1\.1 (400|501) ", answer), answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_two_workers_serve_one_database_and_stop_without_a_word(
    settings: Settings, tmp_path: Path
) -> None:
    log = tmp_path / "gunicorn.log"
    pair = with_port(settings, find_free_port(), workers=2)
    with serve(pair, log) as address, httpx.Client(base_url=address) as client:
        answers = {client.get("/static/nothing").status_code for _ in range(20)}
    assert answers == {404}
    assert log.read_text(encoding="utf-8") == ""


def _workers_of(master: int) -> set[int]:
    children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii")
    return set(map(int, children.split()))


def _half_sent(address: str, body: bytes) -> socket.socket:
    """A request that is under way: the server has its head and waits for the rest of its body."""
    host, _, port = address.removeprefix("http://").partition(":")
    sending = socket.create_connection((host, int(port)), timeout=_PATIENCE)
    length = f"Content-Length: {len(body)}\r\nContent-Type: application/x-www-form-urlencoded"
    head = f"POST /login HTTP/1.1\r\nHost: {host}\r\n{length}\r\nExpect: 100-continue\r\n\r\n"
    sending.sendall(head.encode())
    assert sending.recv(100).startswith(b"HTTP/1.1 100")  # it is in the hands of a worker
    return sending


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_request_under_way_is_answered_before_its_worker_ends(
    settings: Settings, tmp_path: Path, number: signal.Signals
) -> None:
    alone, body = with_port(settings, find_free_port()), b"username=nobody"
    address, log = f"http://{alone.host}:{alone.port}", tmp_path / "gunicorn.log"
    with running(alone, log) as master:
        before = _workers_of(master.pid)
        with _half_sent(address, body) as sending:
            master.send_signal(number)
            _await_signal(before)
            sending.sendall(body)
            assert sending.recv(100).startswith(b"HTTP/1.1 403")  # its form has no token
        if number == signal.SIGHUP:
            _await_other_workers(master.pid, before)
            assert httpx.get(f"{address}/healthz").text == "ok\n"
            assert _workers_of(master.pid)
        else:
            assert master.wait(_PATIENCE) == 0
    assert log.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT], ids=lambda each: each.name)
def test_a_worker_that_shall_end_at_once_waits_for_nobody(
    settings: Settings, tmp_path: Path, number: signal.Signals
) -> None:
    alone, log = with_port(settings, find_free_port()), tmp_path / "gunicorn.log"
    with running(alone, log) as master:
        (before,) = _workers_of(master.pid)
        with _half_sent(f"http://{alone.host}:{alone.port}", b"username=nobody"):
            os.kill(before, number)
            _await_other_workers(master.pid, {before})
    assert log.read_text(encoding="utf-8") == ""


def _await_other_workers(master: int, before: set[int]) -> None:
    until = time.monotonic() + _PATIENCE
    while before & _workers_of(master):
        assert time.monotonic() < until
        time.sleep(0.05)


def _await_signal(workers: set[int]) -> None:
    """Give it time to do harm: each worker is still there, for it has a request."""
    time.sleep(1.0)
    assert all(Path(f"/proc/{worker}").exists() for worker in workers)


def test_a_json_log_has_lines_of_requests_and_no_names(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "gunicorn.log"
    quiet = replace(with_port(settings, find_free_port()), log="json")
    with serve(quiet, log) as address:
        httpx.get(f"{address}/actors", params={"name": "peter_parker"})
        httpx.get(f"{address}/peter_parker", headers={"Cookie": "x=peter_parker"})
        httpx.get(f"{address}/healthz")
        with socket.create_connection((quiet.host, quiet.port), timeout=_PATIENCE) as wrong:
            wrong.sendall(b"GET /peter_parker HTTP/peter_parker\r\n\r\n")
            assert wrong.recv(100).startswith(b"HTTP/1.1 400")
    text = log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    asked = {(line["endpoint"], line["status"]) for line in lines if line["says"] == "request"}
    assert ("none", 404) in asked
    assert any(endpoint.startswith("profiles.") and status == 303 for endpoint, status in asked)
    assert not any(endpoint == "signs.healthz" for endpoint, _ in asked)
    assert "peter_parker" not in text
    assert "127.0.0.1" not in text
