"""Syslog as RFC 5424 has it, over TLS as RFC 5425: messages with their lengths before them.

Syslog answers nothing. What does answer is the end of TLS: a receiver must reply to our "no more is
coming", and it has read all that came before. Only then has a batch arrived.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.outgoing.guard import Place, find_addresses, parse_host
from auditdash.outgoing.http import Surroundings, trust
from auditdash.outgoing.outcome import SendingError, UnavailableError

FACILITIES: Final = {
    name: number
    for number, name in enumerate(
        (
            *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"),
            *("authpriv", "ftp", "ntp", "audit", "alert", "clock"),
            *(f"local{number}" for number in range(8)),
        )
    )
}
SEVERITIES: Final = {
    name: number
    for number, name in enumerate(
        ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
    )
}
_NOTHING: Final = "-"
_MARK: Final = b"\xef\xbb\xbf"
_NO_GRAPHIC: Final = re.compile(r"[^!-~]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SPECIAL: Final = re.compile(r'(["\\\]])')
_CONNECT_SECONDS: Final = 10.0
_CHUNK: Final = 1 << 16
_LONGEST_AUTHORITY: Final = 1 << 16


class Receiver(Struct, frozen=True, kw_only=True):
    """Where it goes. `authority` is PEM of whom alone to trust; "" for the usual ones."""

    host: str
    port: int
    authority: str = ""


class Message(Struct, frozen=True, kw_only=True):
    """One message. `data` are elements of structured data by their ids; `marked`: whether the
    text begins with a byte order mark, as UTF-8 must."""

    facility: str
    severity: str
    at: Instant
    host: str
    app: str
    process: str
    kind: str
    data: Mapping[str, Mapping[str, str]]
    text: bytes
    marked: bool


def parse_authority(pem: str) -> str:
    """Certificates in PEM, as they were given; BadInput where there is none."""
    try:
        if len(pem) > _LONGEST_AUTHORITY:
            raise ValueError
        _context(pem, "")
    except (ssl.SSLError, ValueError):
        raise BadInput(
            "this is no certificate", where="authority", expected="PEM: -----BEGIN CERTIFICATE-----"
        ) from None
    return pem


def frame(message: Message) -> bytes:
    """A message as it goes out: its length, a space, and the message itself."""
    priority = FACILITIES[message.facility] * 8 + SEVERITIES[message.severity]
    names = (
        _name(message.host, 255),
        _name(message.app, 48),
        _name(message.process, 128),
        _name(message.kind, 32),
    )
    head = f"<{priority}>1 {to_rfc3339(message.at)} {' '.join(names)} {_data(message.data)} "
    whole = head.encode() + (_MARK if message.marked else b"") + message.text
    return b"%d %b" % (len(whole), whole)


def send_syslog(receiver: Receiver, around: Surroundings, frames: Iterable[bytes]) -> str:
    """Send them over one connection; what came of it, in words. Raises SendingError."""
    place = parse_host(receiver.host, receiver.port)
    troubles: SendingError | None = None
    for address in find_addresses(place, around.inside):
        try:
            line = socket.create_connection((address, place.port), _CONNECT_SECONDS)
        except OSError as error:
            troubles = UnavailableError(f"{place.authority} takes no connection: {_said(error)}")
            continue
        with line:
            return _send_over(line, place, receiver, around, b"".join(frames))
    raise troubles or UnavailableError(f"{place.host} has no address just now")


def _send_over(
    line: socket.socket, place: Place, receiver: Receiver, around: Surroundings, content: bytes
) -> str:
    until = time.monotonic() + around.seconds
    context = _context(receiver.authority, around.authorities)
    try:
        # The certificate must be that of the name, not of the address.
        with context.wrap_socket(line, server_hostname=place.host) as tls:
            for start in range(0, len(content), _CHUNK):
                tls.settimeout(_left(until))
                tls.sendall(content[start : start + _CHUNK])
            tls.settimeout(_left(until))
            _close(tls)
    except ssl.SSLCertVerificationError as error:
        raise UnavailableError(
            f"the certificate of {place.authority} is not to be trusted ({error.verify_message})"
        ) from None
    except OSError as error:
        raise UnavailableError(f"{place.authority} broke off: {_said(error)}") from None
    return f"{place.authority} has read {len(content):,} bytes"


def _close(tls: ssl.SSLSocket) -> None:
    """Say that no more comes, and wait until the receiver has read that."""
    try:
        tls.unwrap()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError):
        return  # hung up without a word, but having read all: else the line would be reset
    except OSError as error:
        if error.errno or isinstance(error, TimeoutError):
            raise


def _context(authority: str, more: str) -> ssl.SSLContext:
    """Always verified: by this authority alone, or by the usual ones and those of a file."""
    return ssl.create_default_context(cadata=authority) if authority else trust(more, "syslog")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    return left


def _name(text: str, longest: int) -> str:
    """A word of the header: visible ASCII."""
    return _NO_GRAPHIC.sub("_", text)[:longest] or _NOTHING


def _data(elements: Mapping[str, Mapping[str, str]]) -> str:
    return (
        "".join(
            f"[{name}{''.join(_parameter(*each) for each in parameters.items())}]"
            for name, parameters in elements.items()
        )
        or _NOTHING
    )


def _parameter(name: str, value: str) -> str:
    """Whatever could end a line goes: a receiver may write it to a file as it is."""
    return f' {name}="{_SPECIAL.sub(_escaped, _CONTROL.sub(" ", value))}"'


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[1]}"


def _said(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    return error.strerror or type(error).__name__
