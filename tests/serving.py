"""The real app under gunicorn on a free port, for browsers and for what only a process can do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from auditdash.settings import ROOT, Settings

_START_SECONDS = 30


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
        "AUDITDASH_DOMAINS": ",".join(sorted(settings.domains)),
    }


@contextmanager
def serve(settings: Settings, log: Path) -> Iterator[str]:
    """Run gunicorn with these settings until the block ends; yields its address."""
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(ROOT)]
    command += ["--config", str(ROOT / "gunicorn.conf.py"), "app:app"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment(settings), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://{settings.host}:{settings.port}"
            _wait(process, address, log)
            yield address
        finally:
            _stop(process)


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            httpx.get(address, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"gunicorn did not answer:\n{log.read_text(encoding='utf-8')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def find_free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def live_server(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The address of the real app on the database of this test, as it is after the other fixtures.

    It takes two seconds: a module with many pages to visit makes one for all with serve().
    """
    with serve(with_port(settings, find_free_port()), tmp_path / "gunicorn.log") as address:
        yield address


def with_port(settings: Settings, port: int, workers: int = 1) -> Settings:
    """The same settings on another port."""
    env = environment(settings)
    env |= {"AUDITDASH_PORT": str(port), "AUDITDASH_WORKERS": str(workers)}
    return Settings.from_env(env)
