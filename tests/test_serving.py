"""gunicorn serves the real app with our configuration, and ends in order."""

from __future__ import annotations

from pathlib import Path

import httpx

from auditdash.settings import Settings
from tests.databases import ON_SQLITE
from tests.serving import find_free_port, serve, with_port

pytestmark = ON_SQLITE


def test_a_stranger_is_sent_to_the_door_with_strict_headers(live_server: str) -> None:
    answer = httpx.get(f"{live_server}/timeline", follow_redirects=False)
    assert answer.status_code in {302, 303}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_longest_question_fits_into_an_address(live_server: str) -> None:
    question = "ä" * 1000  # 6,000 characters as they travel
    answer = httpx.get(f"{live_server}/timeline", params={"q": question})
    assert answer.status_code in {302, 303}


def test_two_workers_serve_one_database_and_stop_without_a_word(
    settings: Settings, tmp_path: Path
) -> None:
    log = tmp_path / "gunicorn.log"
    pair = with_port(settings, find_free_port(), workers=2)
    with serve(pair, log) as address, httpx.Client(base_url=address) as client:
        answers = {client.get("/static/nothing").status_code for _ in range(20)}
    assert answers == {404}
    assert log.read_text(encoding="utf-8") == ""
