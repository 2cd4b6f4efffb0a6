"""The guarded HTTP client: connects to the address that was checked, follows nothing, never hangs.

Every request to an address that a person typed goes through here.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import Timer
from typing import IO, Any, Final

import httpx
from msgspec import Struct

from auditdash.outgoing.guard import Place, find_addresses
from auditdash.outgoing.outcome import RefusedError, SendingError, UnavailableError
from auditdash.settings import Sending

MOST_ANSWERED: Final = 1 << 16
_CHUNK: Final = 1 << 16
_CONNECT_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 30.0  # between two bytes
_GONE: Final = 410


class Answer(Struct, frozen=True, kw_only=True):
    """`body` is the beginning of it; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether it was taken."""
        return 200 <= self.status < 300


class Surroundings(Struct, frozen=True, kw_only=True):
    """Which hosts may be inside, whom to trust beside the usual authorities, how long to wait."""

    inside: frozenset[str] = frozenset()
    authorities: str = ""  # a file with certificates
    seconds: float = 120.0


def around_of(sending: Sending) -> Surroundings:
    """What may be reached and is trusted by what the operator set."""
    return Surroundings(inside=sending.inside, authorities=sending.authorities)


def send(
    place: Place,
    around: Surroundings,
    *,
    method: str,
    headers: Mapping[str, str],
    body: bytes | Path = b"",
) -> Answer:
    """One request, and what was answered, whatever it is; raises SendingError when nothing was.

    A file as body is streamed; `headers` must then have its Content-Length.
    """
    addresses = find_addresses(place, around.inside)
    troubles: SendingError | None = None
    for address in addresses:
        try:
            return _send_to(address, place, around, method, headers, body)
        except _UnreachableError as error:
            troubles = UnavailableError(str(error))
    raise troubles or UnavailableError(f"{place.host} has no address just now")


def check(answer: Answer, host: str) -> None:
    """Raises unless it was taken: UnavailableError for what may change, RefusedError for Gone."""
    if answer.is_good:
        return
    said = f"{host} answered {answer.status}"
    if answer.status == _GONE:
        raise RefusedError(f"{said}: it wants nothing any more")
    if 300 <= answer.status < 400:
        raise UnavailableError(f"{said}, a redirect; none is followed: enter the final address")
    raise UnavailableError(said)


class _UnreachableError(Exception):
    """This address takes no connection; another one may."""


def _send_to(
    address: str,
    place: Place,
    around: Surroundings,
    method: str,
    headers: Mapping[str, str],
    body: bytes | Path,
) -> Answer:
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO has whole addresses
    host = f"[{address}]" if ":" in address else address
    limits = httpx.Timeout(_PAUSE_SECONDS, connect=_CONNECT_SECONDS)
    with (
        httpx.Client(
            verify=trust(around.authorities),
            timeout=limits,
            trust_env=False,
            follow_redirects=False,
        ) as client,
        _content(body) as content,
        _Deadline(around.seconds) as deadline,
    ):
        request = client.build_request(
            method,
            f"{place.scheme}://{host}:{place.port}{place.target}",
            headers=_sent_headers(place, headers),
            content=content,
            # The certificate must be that of the name, not of the address.
            extensions={"sni_hostname": place.host, "trace": deadline.watch},
        )
        return _ask(client, request, place, deadline)


def _ask(client: httpx.Client, request: httpx.Request, place: Place, deadline: _Deadline) -> Answer:
    try:
        response = client.send(request, stream=True)
        try:
            body = bytearray()
            for chunk in response.iter_raw(_CHUNK):
                body += chunk
                if len(body) > MOST_ANSWERED:
                    break
        finally:
            response.close()
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise _UnreachableError(f"{place.host} takes no connection: {_said(error)}") from None
    except httpx.HTTPError as error:
        late = f"did not answer within {deadline.seconds:.0f} s"
        said = late if deadline.is_over else f"broke off: {_said(error)}"
        raise UnavailableError(f"{place.host} {said}") from None
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status_code, headers=headers, body=bytes(body[:MOST_ANSWERED]))


def trust(authorities: str, whom: str = "http") -> ssl.SSLContext:
    """Certificates are always verified: by the usual authorities, and by those of a file.

    It takes 80 ms to read them all, so they are kept until a file changes; for each protocol apart,
    since one may say in its context what it speaks.
    """
    usual = ssl.get_default_verify_paths().cafile or ""
    return _trusting(whom, authorities, _stamp(usual), _stamp(authorities))


@lru_cache(maxsize=8)
def _trusting(_whom: str, authorities: str, *_stamps: object) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(authorities)
    return context


def _stamp(file: str) -> object:
    """Another one when the file is another one."""
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _said(error: Exception) -> str:
    kind = type(error).__name__
    return f"{kind} ({error})" if str(error) else kind


def _sent_headers(place: Place, headers: Mapping[str, str]) -> dict[str, str]:
    ours = {"Host": place.authority, "User-Agent": "auditdash", "Accept-Encoding": "identity"}
    return ours | dict(headers)


@contextmanager
def _content(body: bytes | Path) -> Iterator[bytes | Iterator[bytes]]:
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as file:
        yield _chunks(file)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


class _Deadline:
    """Ends the connection after a time, also when the other side sends a byte now and then."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.is_over = seconds, False
        self._sockets: list[socket.socket] = []
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()

    def watch(self, name: str, info: Mapping[str, Any]) -> None:
        """What httpx tells about each step: here of the sockets it opens."""
        if name.endswith(("connect_tcp.complete", "start_tls.complete")):
            found = info["return_value"].get_extra_info("socket")
            if found is not None:
                self._sockets.append(found)
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        for each in self._sockets:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(each, socket.SHUT_RDWR)
