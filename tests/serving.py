"""The real app under gunicorn on a free port, for browsers and for what only a process can do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from gunicorn.app.wsgiapp import run as run_gunicorn

from auditdash.settings import ROOT, Sending, Settings
from tests.processes import forking

_PATIENCE = 120  # seconds for what takes one or two where nothing else runs


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment with exactly these settings, for a child process."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AUDITDASH_") and name != "DATABASE_URL"
    }
    return env | {
        "AUDITDASH_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "AUDITDASH_HOST": settings.host,
        "AUDITDASH_PORT": str(settings.port),
        "AUDITDASH_WORKERS": str(settings.workers),
        "AUDITDASH_ZONE": settings.zone,
        "AUDITDASH_SECURE_COOKIES": str(int(settings.secure_cookies)),
        "AUDITDASH_TRUSTED_PROXIES": str(settings.trusted_proxies),
        "AUDITDASH_MAX_BODY_MB": str(settings.max_body_bytes >> 20),
        "AUDITDASH_MAX_UNPACKED_MB": str(settings.max_unpacked_bytes >> 20),
        "AUDITDASH_PULL_MINUTES": str(settings.pull_minutes),
        "AUDITDASH_REPORT_SECONDS": str(settings.report_seconds),
        "AUDITDASH_REPORT_MEMORY_MB": str(settings.report_megabytes),
        "AUDITDASH_MODE_URL": settings.mode_url,
        "AUDITDASH_MODE_WORKSPACE": settings.mode_workspace,
        "AUDITDASH_MODE_TOKEN": settings.mode_token,
        "AUDITDASH_MODE_SECRET": settings.mode_secret,
        "AUDITDASH_MODE_START": settings.mode_start,
        "AUDITDASH_LOG": settings.log,
        "AUDITDASH_API_READS": str(settings.api_reads),
        "AUDITDASH_API_SENDS": str(settings.api_sends),
        **_sending(settings.sending),
        "AUDITDASH_DOMAINS": ",".join(sorted(settings.domains)),
        "AUDITDASH_SIGN_P12": str(settings.sign_p12 or ""),
        "AUDITDASH_SIGN_PASSPHRASE_FILE": str(settings.sign_passphrase_file or ""),
        "AUDITDASH_URL": settings.url,
        "AUDITDASH_HOSTS": ",".join(sorted(settings.hosts)),
        "AUDITDASH_SESSION_IDLE_MINUTES": str(settings.session_idle_minutes),
        "AUDITDASH_SESSION_HOURS": str(settings.session_hours),
        "AUDITDASH_SECOND_FACTOR": ",".join(sorted(settings.second_factor)),
        "AUDITDASH_OIDC_ISSUER": settings.sso.issuer,
        "AUDITDASH_OIDC_CLIENT_ID": settings.sso.client_id,
        "AUDITDASH_OIDC_CLIENT_SECRET": settings.sso.client_secret,
        "AUDITDASH_OIDC_NAME": settings.sso.name,
        "AUDITDASH_OIDC_SCOPES": settings.sso.scopes,
        "AUDITDASH_OIDC_ROLES_CLAIM": settings.sso.claim,
        "AUDITDASH_OIDC_ROLES": ",".join(
            f"{value}={workspace}:{role}" for value, workspace, role in settings.sso.roles
        ),
        "AUDITDASH_OIDC_CREATE": str(int(settings.sso.create)),
        "AUDITDASH_OIDC_ONLY": str(int(settings.sso.only)),
    }


def _sending(sending: Sending) -> dict[str, str]:
    return {
        "AUDITDASH_URL": sending.url,
        "AUDITDASH_SMTP_HOST": sending.smtp_host,
        "AUDITDASH_SMTP_PORT": str(sending.smtp_port),
        "AUDITDASH_SMTP_TLS": sending.smtp_tls,
        "AUDITDASH_SMTP_USER": sending.smtp_user,
        "AUDITDASH_SMTP_PASSWORD": sending.smtp_password,
        "AUDITDASH_MAIL_FROM": sending.mail_from,
        "AUDITDASH_MAIL_MB": str(sending.mail_bytes >> 20),
        "AUDITDASH_SEND_FOLDER": str(sending.folder or ""),
        "AUDITDASH_INSIDE_HOSTS": ",".join(sorted(sending.inside)),
        "AUDITDASH_CA_FILE": sending.authorities,
    }


@contextmanager
def serve(settings: Settings, log: Path) -> Iterator[str]:
    """Run gunicorn with these settings until the block ends; yields its address."""
    with running(settings, log):
        yield f"http://{settings.host}:{settings.port}"


@contextmanager
def running(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The same, for who sends signals: yields the master, which answers already."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *_command(settings)],
            env=environment(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://{settings.host}:{settings.port}"
            _wait(lambda: process.poll() is None, address, log)
            yield process
        finally:
            process.terminate()
            process.wait(_PATIENCE)


@contextmanager
def serve_at_once(settings: Settings, log: Path) -> Iterator[str]:
    """The same gunicorn with one worker on a port that it has from the start, from a process that
    has imported everything: a tenth of the time."""
    log.touch()
    with socket.create_server((settings.host, 0)) as listener:
        settings = with_port(settings, listener.getsockname()[1])
        given = (environment(settings), _command(settings), str(log), listener)
        process = forking().Process(target=_become_gunicorn, args=given)
        process.start()
    try:
        address = f"http://{settings.host}:{settings.port}"
        _wait(process.is_alive, address, log)
        yield address
    finally:
        if process.pid and process.is_alive():
            os.kill(process.pid, signal.SIGQUIT)  # nobody waits for an answer any more
        process.join(_PATIENCE)
        process.close()


def _become_gunicorn(
    environ: dict[str, str], command: list[str], log: str, listener: socket.socket
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    with Path(log).open("wb") as output:
        for number in (1, 2):
            os.dup2(output.fileno(), number)
    sys.argv = [*command, "--bind", f"fd://{listener.fileno()}"]
    run_gunicorn()  # type: ignore[no-untyped-call]  # gunicorn has no types


def _command(settings: Settings) -> list[str]:
    places = ["--chdir", str(ROOT), "--config", str(ROOT / "gunicorn.conf.py")]
    return ["gunicorn", *places, "--workers", str(settings.workers), "app:app"]


def _wait(is_alive: Callable[[], bool], address: str, log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while is_alive() and time.monotonic() < until:
        try:
            httpx.get(address, timeout=_PATIENCE)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"gunicorn did not answer:\n{log.read_text(encoding='utf-8')}")


def find_free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def live_server(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The address of the real app on the database of this test."""
    with serve_at_once(settings, tmp_path / "gunicorn.log") as address:
        yield address


def with_port(settings: Settings, port: int, workers: int = 1) -> Settings:
    """The same settings on another port."""
    env = environment(settings)
    env |= {"AUDITDASH_PORT": str(port), "AUDITDASH_WORKERS": str(workers)}
    return Settings.from_env(env)
