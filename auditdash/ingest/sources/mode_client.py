"""The HTTP side of Mode's audit log: one page at a time, patient, and with errors that say what to
do. Neither a query string nor a secret ever reaches a log or an error."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from msgspec import Struct

from auditdash.events import instants
from auditdash.events.errors import BadInput
from auditdash.events.instants import SECOND, Instant, shorten, to_instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.ingest.sources.mode_page import ModePage, parse_page

_TEMPORARY: Final = frozenset({408, 429, 500, 502, 503, 504, *range(520, 531)})
_OF_CURSOR: Final = frozenset({400, 404, 409, 410, 422})
AGENT: Final = "auditdash"  # by which Mode knows us, and may say so in its log
_ERROR_BYTES: Final = 65_536


class ModeError(BadInput):
    """Mode gave no page; the text says why and what to do."""


class CursorRefusedError(ModeError):
    """Mode does not take this cursor; a window without it can be read."""


class UnavailableError(ModeError):
    """Mode did not answer however often it was asked; not to be asked again before `again_at`."""

    def __init__(self, what: str, again_at: Instant | None = None) -> None:
        super().__init__(what, expected="an answer; the next pull goes on where this one stopped")
        self.again_at = again_at


class Login(Struct, frozen=True, kw_only=True):
    """Where the feed is and what opens it."""

    base_url: str
    workspace: str
    token: str
    secret: str


class Patience(Struct, frozen=True, kw_only=True):
    """How long to wait for Mode: seconds, and bytes of one answer."""

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 120.0
    connect: float = 10.0
    read: float = 60.0
    page: float = 120.0
    max_bytes: int = 64 << 20


class Surroundings(Struct, frozen=True, kw_only=True):
    """The clock, the sleep (seconds) and the chance (0 to 1) that a pull lives by; and whether it
    is to end behind the page that it is at."""

    clock: Callable[[], Instant] = instants.now
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    is_stopping: Callable[[], bool] = lambda: False


class _TryAgain(Exception):  # never leaves this module
    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.wait = wait


class ModeClient:
    """Reads pages; `alive` is called before each attempt and each wait, which may take minutes."""

    def __init__(
        self,
        login: Login,
        *,
        around: Surroundings,
        patience: Patience,
        alive: Callable[[], object] = lambda: None,
        agent: str = AGENT,
    ) -> None:
        self._login, self._around, self._patience, self._alive = login, around, patience, alive
        logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO has whole addresses
        self._http = httpx.Client(
            auth=httpx.BasicAuth(login.token, login.secret),
            headers={"Accept": "application/json", "User-Agent": agent},
            timeout=httpx.Timeout(patience.read, connect=patience.connect),
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def fetch_page(self, period: Period, cursor: str | None) -> ModePage:
        """One page of a closed period, asked for until it comes; raises ModeError."""
        parameters = {
            "start_timestamp": _wire_timestamp(period.start),
            "end_timestamp": _wire_timestamp(period.end),
        }
        if cursor is not None:
            parameters["next_token"] = cursor
        body = self._fetch(parameters)
        try:
            return parse_page(body)
        except BadInput as error:
            raise ModeError(error.what, where=self._host(), expected=error.expected) from None

    def _fetch(self, parameters: dict[str, str]) -> bytes:
        for attempt in range(self._patience.attempts):
            self._alive()
            try:
                return self._ask(parameters)
            except _TryAgain as failed:
                self._wait(attempt, failed)
        raise AssertionError("unreachable: the last wait raises")

    def _wait(self, attempt: int, failed: _TryAgain) -> None:
        """Full jitter, and never sooner than Retry-After; raises when patience is at its end."""
        patience, around = self._patience, self._around
        ceiling = min(patience.longest_wait, patience.first_wait * 2**attempt)
        wait = around.chance() * ceiling + (failed.wait or 0.0)
        if attempt + 1 >= patience.attempts or wait > patience.longest_wait:
            again_at = Instant(around.clock() + round(wait * SECOND)) if failed.wait else None
            times = "once" if attempt == 0 else f"{attempt + 1} times"
            raise UnavailableError(f"{self._host()} was asked {times}: {failed.why}", again_at)
        self._alive()
        around.sleep(wait)

    def _ask(self, parameters: dict[str, str]) -> bytes:
        login = self._login
        url = f"{login.base_url.rstrip('/')}/api/{quote(login.workspace, safe='')}/audit_logs"
        try:
            with self._http.stream("GET", url, params=parameters) as response:
                if response.status_code == httpx.codes.OK:
                    return self._read(response, self._patience.max_bytes)
                self._refuse(response, "next_token" in parameters)
        except httpx.InvalidURL:
            raise ModeError(
                "the base URL is not one", expected="such as https://app.mode.com"
            ) from None
        except httpx.RequestError as error:
            kind = type(error).__name__
            raise _TryAgain(f"{kind} {shorten(str(error))}" if str(error) else kind) from None
        raise AssertionError("unreachable: a refusal raises")

    def _read(self, response: httpx.Response, limit: int) -> bytes:
        clock = self._around.clock
        latest, body = clock() + round(self._patience.page * SECOND), bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > limit:
                raise ModeError(
                    f"an answer is larger than {limit >> 20} MB",
                    where=self._host(),
                    expected="a smaller page, or a higher AUDITDASH_MAX_BODY_MB",
                )
            if clock() > latest:
                raise _TryAgain(f"an answer took longer than {self._patience.page:.0f} s")
        return bytes(body)

    def _refuse(self, response: httpx.Response, with_cursor: bool) -> None:
        status = response.status_code
        if status in _TEMPORARY:
            wait = _retry_after(response.headers.get("Retry-After"), self._around.clock())
            raise _TryAgain(f"it answered {status}", wait)
        if response.has_redirect_location:
            host = urlsplit(response.headers["Location"]).hostname or "another path"
            raise ModeError(
                f"it answered {status}, a redirect to {shorten(host)}",
                where=self._host(),
                expected="the base URL of Mode itself, such as https://app.mode.com",
            )
        what, expected = _EXPLAINED.get(status, ("it refused", "an answer of Mode's API"))
        said = self._said(response)
        kind = CursorRefusedError if with_cursor and status in _OF_CURSOR else ModeError
        raise kind(f"{what} ({status}{said})", where=self._host(), expected=expected)

    def _said(self, response: httpx.Response) -> str:
        """`: "message"` where the body has one, as a stranger's text."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _ERROR_BYTES:
                return ""
        try:
            message = msgspec.json.decode(body)["message"]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
            return ""
        return f": {shorten(message)}" if isinstance(message, str) and message else ""

    def _host(self) -> str:
        return urlsplit(self._login.base_url).netloc or self._login.base_url


_EXPLAINED: Final = {
    400: ("it does not take the request", "timestamps as Mode reads them; is this Mode's API?"),
    401: (
        "it refused the token and secret",
        "a workspace token, which a workspace admin makes; personal and member tokens cannot read",
    ),
    403: ("it forbids reading the audit logs", "a token and a plan that may read audit logs"),
    404: (
        "it knows no such workspace",
        "the workspace as in the address app.mode.com/<workspace>",
    ),
    406: ("it does not answer JSON", "Mode's API itself; is there a proxy in between?"),
    422: ("it does not take the request", "timestamps as Mode reads them; is this Mode's API?"),
}


def _wire_timestamp(instant: Instant | None) -> str:
    """Milliseconds, as Mode's page writes them."""
    if instant is None:
        raise ValueError("the period is open")
    return to_rfc3339(instant)[:23] + "Z"


def _retry_after(text: str | None, now: Instant) -> float | None:
    """Seconds to wait: Retry-After holds seconds or an HTTP date."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (to_instant(moment) - now) / SECOND)
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
