"""The instruments themselves: a judge that never objects would make every page test worthless."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.browser import NewVisit, axe

_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
_GOOD = """<!doctype html><html lang="en"><head><title>Good</title>
<link rel="icon" href="data:,"></head>
<body><main><h1>Good</h1><p>Text</p></main></body></html>"""
_BAD = """<!doctype html><html><head><link rel="icon" href="data:,"></head>
<body><h1>Bad</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><script>1</script>
</body></html>"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = (_GOOD if self.path == "/good" else _BAD).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", _CSP)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""


@contextmanager
def _site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def site() -> Iterator[str]:
    with _site() as address:
        yield address


def test_axe_finds_nothing_on_a_sound_page_under_a_strict_policy(
    new_visit: NewVisit, site: str
) -> None:
    visit = new_visit()
    visit.page.goto(f"{site}/good")
    assert axe(visit.page) == []
    assert visit.complaints == []


def test_axe_names_the_faults_of_a_bad_page(new_visit: NewVisit, site: str) -> None:
    visit = new_visit(dark=True)
    visit.page.goto(f"{site}/bad")
    rules = {violation.rule for violation in axe(visit.page)}
    assert {"html-has-lang", "image-alt", "document-title"} <= rules


def test_a_refused_script_is_a_complaint(new_visit: NewVisit, site: str) -> None:
    visit = new_visit()
    visit.page.goto(f"{site}/bad")
    assert any("CSP: script-src" in complaint for complaint in visit.complaints)
    visit.forget()
    visit.page.goto(f"{site}/good")
    assert visit.complaints == []


def test_a_page_can_be_read_with_scripts_switched_off(new_visit: NewVisit, site: str) -> None:
    visit = new_visit(scripts=False)
    visit.page.goto(f"{site}/good")
    assert visit.page.locator("h1").inner_text() == "Good"
    assert visit.complaints == []
