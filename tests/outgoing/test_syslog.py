"""Syslog over TLS: framed as RFC 5424 and 5425 have it; arrived is what was read, nothing less."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_instant
from auditdash.outgoing.guard import parse_host
from auditdash.outgoing.http import Surroundings
from auditdash.outgoing.outcome import RefusedError, UnavailableError
from auditdash.outgoing.syslog import Message, Receiver, frame, parse_authority, send_syslog
from tests.receivers import Certified, SyslogListener, split_frames

_SLOW = 0.3


def _around(certified: Certified, syslog: SyslogListener) -> Surroundings:
    return Surroundings(inside=syslog.inside, authorities=certified.authorities, seconds=_SLOW)


def _message(text: bytes = b"{}", *, marked: bool = False, **changes: str) -> bytes:
    told = {"host": "h", "app": "auditdash", "process": "", "kind": "connections"} | changes
    return frame(
        Message(
            facility="audit",
            severity="notice",
            at=parse_instant("2026-01-02T03:04:05.678Z"),
            data={"x@1": {"name": told.pop("name", "v")}},
            text=text,
            marked=marked,
            **told,
        )
    )


def test_a_message_to_the_byte() -> None:
    wanted = b'<109>1 2026-01-02T03:04:05.678000Z h auditdash - connections [x@1 name="v"] {}'
    assert _message() == b"%d %b" % (len(wanted), wanted)
    assert _message("ü".encode(), marked=True).endswith(b'"v"] \xef\xbb\xbf\xc3\xbc')
    assert _message("ü".encode(), marked=True).startswith(b"%d " % (len(wanted) + 3))


def test_no_name_or_value_breaks_out_of_its_place() -> None:
    (only,) = split_frames(_message(host="a b\n<1>", kind="x" * 40, name='"] \\\n\x00é'))
    assert b" a_b_<1> auditdash - " + b"x" * 32 + b" [" in only
    assert 'name="\\"\\] \\\\  é"'.encode() in only
    assert b"\n" not in only


@pytest.mark.parametrize("manner", ["answer", "hang up"])
def test_what_was_read_has_arrived(
    certified: Certified, syslog: SyslogListener, manner: str
) -> None:
    syslog.manner = manner
    frames = [_message(b"%d" % number * 1000) for number in range(200)]
    said = send_syslog(
        Receiver(host="localhost", port=syslog.port), _around(certified, syslog), frames
    )
    assert said == f"localhost:{syslog.port} has read {sum(map(len, frames)):,} bytes"
    assert syslog.messages == split_frames(b"".join(frames))


@pytest.mark.parametrize("manner", ["wait", "refuse"])
def test_what_was_perhaps_not_read_has_not(
    certified: Certified, syslog: SyslogListener, manner: str
) -> None:
    syslog.manner = manner
    to = Receiver(host="localhost", port=syslog.port)
    with pytest.raises(UnavailableError, match="broke off"):
        send_syslog(to, _around(certified, syslog), [_message(b"x" * (4 << 20))])


def test_the_certificate_must_be_that_of_the_name_and_of_whom_is_trusted(
    certified: Certified, syslog: SyslogListener
) -> None:
    around = Surroundings(inside=frozenset({"localhost", "127.0.0.1"}))
    port = syslog.port
    pem = Path(certified.authorities).read_text(encoding="ascii")
    for host, authority in (("localhost", ""), ("127.0.0.1", pem)):
        with pytest.raises(UnavailableError, match="not to be trusted"):
            send_syslog(Receiver(host=host, port=port, authority=authority), around, [b"0 "])
    send_syslog(Receiver(host="localhost", port=port, authority=pem), around, [_message()])
    assert len(syslog.messages) == 1


def test_what_is_inside_is_not_reached_unless_it_is_allowed(certified: Certified) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        to = Receiver(host="localhost", port=port)
        with pytest.raises(RefusedError, match="which is inside"):
            send_syslog(to, Surroundings(), [_message()])
        with pytest.raises(RefusedError, match="which is inside"):
            send_syslog(to, Surroundings(inside=frozenset({"localhost:1"})), [_message()])
        allowed = Surroundings(inside=frozenset({"localhost"}))
        with pytest.raises(UnavailableError, match="takes no connection"):
            send_syslog(to, allowed, [_message()])


@pytest.mark.parametrize(
    ("host", "port"),
    [("", 1), ("a b", 1), ("a/b", 1), ("-a", 1), ("a\n", 1), ("a", 0), ("a", 1 << 16)],
)
def test_what_is_no_host_is_said(host: str, port: int) -> None:
    with pytest.raises(BadInput):
        parse_host(host, port)


@pytest.mark.parametrize(
    "pem", ["x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_said(pem: str) -> None:
    with pytest.raises(BadInput):
        parse_authority(pem)
