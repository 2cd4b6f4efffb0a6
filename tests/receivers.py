"""Real receivers for what is sent: a mail server with TLS, an HTTP server with TLS, S3 storage."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from botocore.config import Config
from botocore.session import get_session
from msgspec import Struct

from tests.serving import find_free_port

USER, PASSWORD = "auditdash", "tern-velvet-9"
_PATIENCE = 120


class Certified(Struct, frozen=True):
    """Who vouches for `localhost`, not for its address, in a test: `authorities` is a file."""

    authority: trustme.CA
    authorities: str

    def context(self, *names: str) -> ssl.SSLContext:
        """A server's side, with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*(names or ("localhost",))).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    """An authority that nobody but the test trusts."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return Certified(authority, str(path))


class Mailbox:
    """A mail server's hands: keeps what it takes, and refuses whom `refused` names (code, text)."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.refused: dict[str, str] = {}
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = BytesParser(policy=default).parsebytes(content)
        assert isinstance(message, EmailMessage)
        self.mails.append((list(envelope.rcpt_tos), message))
        return "250 OK"


def _login(
    _server: object, _session: object, _envelope: object, _how: str, data: Any
) -> AuthResult:
    known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@pytest.fixture
def mailbox(certified: Certified) -> Iterator[Mailbox]:
    """A server that takes mail after STARTTLS and a login alone."""
    yield from _mail_server(
        Mailbox(),
        tls_context=certified.context(),
        require_starttls=True,
        auth_required=True,
        authenticator=_login,
    )


@pytest.fixture
def implicit_mailbox(certified: Certified) -> Iterator[Mailbox]:
    """A server that speaks TLS from the first byte."""
    yield from _mail_server(Mailbox(), ssl_context=certified.context())


@pytest.fixture
def plain_mailbox() -> Iterator[Mailbox]:
    """A server that offers no TLS at all."""
    yield from _mail_server(Mailbox())


def _mail_server(box: Mailbox, **how: Any) -> Iterator[Mailbox]:
    box.port = find_free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **how)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


class Taken(Struct, frozen=True):
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """An HTTP server that keeps what it gets; answers `answers` one by one, then 204."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Where it takes posts."""
        return f"https://localhost:{self.port}/hook?to=auditdash"

    @property
    def inside(self) -> frozenset[str]:
        """What the operator must allow."""
        return frozenset({f"localhost:{self.port}"})


@pytest.fixture
def receiver(certified: Certified) -> Iterator[Receiver]:
    """A real receiver with TLS."""
    yield from serve_receiver(Receiver(), certified.context())


def serve_receiver(box: Receiver, context: ssl.SSLContext) -> Iterator[Receiver]:
    """Run a receiver until the generator ends."""

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            box.taken.append(Taken(self.command, self.path, headers, self.rfile.read(length)))
            status, more, body = box.answers.pop(0) if box.answers else (204, {}, b"")
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = _take  # noqa: N815 - http.server calls them so

        def log_message(self, *_said: object) -> None:
            """In silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_who: None  # type: ignore[method-assign]  # hung up on, in tests
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class SyslogListener:
    """A receiver of syslog over TLS that keeps the messages it gets. `manner` is what it does when
    the sender is done: "answer" as RFC 5425 has it, "hang up" without a word, or "wait"; or
    "refuse" after the first bytes, with the rest unread."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.connections = 0
        self.manner = "answer"
        self.port = 0

    @property
    def inside(self) -> frozenset[str]:
        """What the operator must allow."""
        return frozenset({f"localhost:{self.port}"})

    def take(self, line: ssl.SSLSocket) -> None:
        """One connection until its end."""
        self.connections += 1
        content = b""
        while data := line.recv(1 << 16):
            content += data
            if self.manner == "refuse":
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
        self.messages += split_frames(content)
        if self.manner == "answer":
            line.unwrap()


def split_frames(content: bytes) -> list[bytes]:
    """Messages by the lengths before them (RFC 6587, octet counting)."""
    found = []
    while content:
        length, _, rest = content.partition(b" ")
        found.append(rest[: int(length)])
        assert len(found[-1]) == int(length)
        content = rest[int(length) :]
    return found


@pytest.fixture
def syslog(certified: Certified) -> Iterator[SyslogListener]:
    """A real listener with TLS."""
    box, done = SyslogListener(), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                with certified.context().wrap_socket(self.request, server_side=True) as line:
                    box.take(line)
                    if box.manner == "wait":
                        done.wait(_PATIENCE)
            except OSError:
                pass  # hung up on, in tests

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield box
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Storage(Struct, frozen=True):
    """A real S3 service; `client` is botocore's own."""

    endpoint: str
    host: str
    access: str
    secret: str

    def client(self) -> Any:
        """What anybody with the keys could do."""
        return get_session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access,
            aws_secret_access_key=self.secret,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3}),
        )


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """SeaweedFS, with real object lock."""
    folder = tmp_path_factory.mktemp("weed")
    keys = {"accessKey": "AKTEST", "secretKey": "juniper-slate"}
    rights = ["Admin", "Read", "Write", "List", "Tagging"]
    identity = {"name": "test", "credentials": [keys], "actions": rights}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    ports = _weed_ports()
    program = Path(sys.executable).with_name("weed")
    command = [str(program), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += [f"-{part}.port={port}" for part, port in ports.items()]
    command += ["-s3", f"-s3.config={folder / 's3.json'}", f"-s3.localSocket={folder / 's3.sock'}"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]  # their usual ports are taken by another
    command += ["-volume.max=200", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"]
    with (folder / "log").open("wb") as log:
        env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=env)
        try:
            endpoint = f"http://127.0.0.1:{ports['s3']}"
            _wait_for_storage(process, endpoint, folder / "log")
            yield Storage(endpoint, f"127.0.0.1:{ports['s3']}", "AKTEST", "juniper-slate")
        finally:
            process.kill()
            process.wait(_PATIENCE)


def _wait_for_storage(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(endpoint).status_code == 403:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the storage did not answer:\n{log.read_text(encoding='utf-8')[-2000:]}")


def _weed_ports() -> dict[str, int]:
    """Ports that are free, and those 10,000 above, where its parts speak to each other."""
    found: dict[str, int] = {}
    while len(found) < 4:
        port = find_free_port()
        try:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", (port - 10_000)))
        except OSError:
            continue
        found[("master", "volume", "filer", "s3")[len(found)]] = port - 10_000
    return found
