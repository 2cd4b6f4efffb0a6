"""One page over HTTP: what is retried, what is final, and that nothing leaks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from email.utils import format_datetime

import pytest

from auditdash.events.instants import MINUTE, SECOND, Instant, to_datetime
from auditdash.events.periods import Period
from auditdash.ingest.sources.mode_client import (
    CursorRefusedError,
    Login,
    ModeClient,
    ModeError,
    Patience,
    UnavailableError,
)
from auditdash.ingest.sources.mode_page import ModePage
from tests.fake_mode import FakeMode, Fault, problem
from tests.ingest.pulls import Time
from tests.make import NOW, make_record

HOUR = Period(Instant(NOW - 60 * MINUTE), NOW)


@pytest.fixture
def mode() -> Iterator[FakeMode]:
    with FakeMode(echo=False) as mode:
        mode.add(make_record(id="one", timestamp="2026-11-23T11:30:00Z"))
        yield mode


def fetch(
    mode: FakeMode,
    time: Time | None = None,
    patience: Patience | None = None,
    cursor: str | None = None,
    login: dict[str, str] | None = None,
) -> ModePage:
    given = {
        "base_url": mode.url,
        "workspace": mode.workspace,
        "token": mode.token,
        "secret": mode.secret,
        **(login or {}),
    }
    around = (time or Time()).around()
    with ModeClient(Login(**given), around=around, patience=patience or Patience()) as client:
        return client.fetch_page(HOUR, cursor)


def test_the_request_is_as_mode_wants_it(mode: FakeMode) -> None:
    assert len(fetch(mode).items) == 1
    seen = mode.seen[0]
    assert seen.path == "/api/acme/audit_logs"
    assert seen.headers["accept"] == "application/json"
    assert seen.parameters == {
        "start_timestamp": "2026-11-23T11:00:00.000Z",
        "end_timestamp": "2026-11-23T12:00:00.000Z",
    }


def test_the_cursor_goes_with_all_other_parameters(mode: FakeMode) -> None:
    mode.page_size = 1
    mode.add(make_record(id="two", timestamp="2026-11-23T11:31:00Z"))
    first = fetch(mode)
    second = fetch(mode, cursor=first.cursor)
    assert b"two" in second.items[0]
    assert set(mode.seen[1].parameters) == {"start_timestamp", "end_timestamp", "next_token"}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_errors_are_tried_again(mode: FakeMode, status: int) -> None:
    mode.script.extend([problem(status, "busy", "Later"), problem(status, "busy", "Later")])
    time = Time()
    assert len(fetch(mode, time).items) == 1
    assert time.slept == [0.5, 1.0]  # half of 1 and of 2 seconds: full jitter with chance 0.5


def test_a_connection_that_drops_is_tried_again(mode: FakeMode) -> None:
    mode.script.append(Fault("drop"))
    assert len(fetch(mode).items) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed_in_both_forms(mode: FakeMode, form: str) -> None:
    later = format_datetime(to_datetime(Instant(NOW + 30 * SECOND)), usegmt=True)
    text = "30" if form == "seconds" else later
    mode.script.append(problem(429, "slow", "Later", Retry_After=text))
    time = Time()
    fetch(mode, time)
    assert 30 <= time.slept[0] <= 31


@pytest.mark.parametrize("text", ["soon", "-5", "", "Mon, 99 Nov 2026 12:00:00 GMT"])
def test_a_retry_after_that_says_nothing_is_ignored(mode: FakeMode, text: str) -> None:
    mode.script.append(problem(429, "slow", "Later", Retry_After=text))
    time = Time()
    fetch(mode, time)
    assert time.slept == [0.5]


def test_a_long_retry_after_ends_the_pull_until_then(mode: FakeMode) -> None:
    mode.script.append(problem(429, "slow", "Later", Retry_After="3600"))
    time = Time()
    with pytest.raises(UnavailableError) as caught:
        fetch(mode, time)
    assert time.slept == []
    assert caught.value.again_at is not None
    assert caught.value.again_at >= NOW + 3600 * SECOND


def test_patience_ends_and_says_so(mode: FakeMode) -> None:
    mode.script.extend([problem(503, "down", "Down")] * 9)
    with pytest.raises(UnavailableError, match=r"asked 6 times: it answered 503"):
        fetch(mode)
    assert len(mode.seen) == 6


def test_nobody_listening_is_told(mode: FakeMode) -> None:
    with pytest.raises(UnavailableError, match="ConnectError"):
        fetch(mode, login={"base_url": "http://127.0.0.1:9"})


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "timestamps"),
        (401, "a workspace token"),
        (403, "a token and a plan"),
        (404, r"app\.mode\.com/<workspace>"),
        (406, "proxy"),
        (409, "an answer of Mode's API"),
        (422, "timestamps"),
    ],
)
def test_final_errors_say_what_to_do_and_are_not_tried_again(
    mode: FakeMode, status: int, advice: str
) -> None:
    mode.script.append(problem(status, "no", "Nope"))
    with pytest.raises(ModeError, match=advice) as caught:
        fetch(mode)
    assert f"({status}: 'Nope')" in str(caught.value)
    assert len(mode.seen) == 1


@pytest.mark.parametrize(
    ("login", "what"),
    [
        ({"secret": "wrong"}, "refused the token and secret"),
        ({"workspace": "elsewhere"}, "knows no such workspace"),
    ],
)
def test_what_mode_itself_refuses_is_told(mode: FakeMode, login: dict[str, str], what: str) -> None:
    with pytest.raises(ModeError, match=what):
        fetch(mode, login=login)


def test_a_cursor_that_is_refused_has_an_error_of_its_own(mode: FakeMode) -> None:
    mode.script.extend([Fault(status=400), Fault(status=400)])
    with pytest.raises(CursorRefusedError):
        fetch(mode, cursor="stale")
    with pytest.raises(ModeError) as caught:
        fetch(mode)
    assert not isinstance(caught.value, CursorRefusedError)


def test_a_redirect_is_not_followed(mode: FakeMode) -> None:
    away = (("Location", "https://evil.example/api?token=1"),)
    mode.script.append(Fault(status=302, headers=away))
    with pytest.raises(ModeError, match=r"a redirect to 'evil\.example'"):
        fetch(mode)
    assert len(mode.seen) == 1


def test_an_answer_that_is_too_large_is_cut_off(mode: FakeMode) -> None:
    mode.script.append(Fault(status=200, body=b" " * (3 << 20)))
    with pytest.raises(ModeError, match="larger than 1 MB"):
        fetch(mode, patience=Patience(max_bytes=1 << 20))


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"not json", b"[1]", b""])
def test_an_answer_that_is_no_page_is_told(mode: FakeMode, body: bytes) -> None:
    mode.script.append(Fault(status=200, body=body))
    with pytest.raises(ModeError, match="the answer is"):
        fetch(mode)


def test_a_stranger_s_message_cannot_write_into_the_terminal(mode: FakeMode) -> None:
    mode.script.append(problem(403, "no", "\x1b[31m" + "x" * 500 + "\u202e"))
    with pytest.raises(ModeError) as caught:
        fetch(mode)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_neither_query_nor_secret_reaches_a_log_or_an_error(
    mode: FakeMode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mode.script.extend([problem(500, "down", "Down"), Fault(status=403)])
    with pytest.raises(ModeError) as caught:
        fetch(mode, cursor="private-cursor")
    for secret in ("private-cursor", "start_timestamp", mode.secret, mode.token):
        assert secret not in caplog.text
        assert secret not in str(caught.value)


def test_the_claim_is_held_before_each_attempt_and_each_wait(mode: FakeMode) -> None:
    mode.script.append(problem(500, "down", "Down"))
    beats: list[int] = []
    login = Login(base_url=mode.url, workspace=mode.workspace, token=mode.token, secret=mode.secret)
    around = Time().around()
    with ModeClient(
        login, around=around, patience=Patience(), alive=lambda: beats.append(1)
    ) as client:
        client.fetch_page(HOUR, None)
    assert len(beats) == 3
