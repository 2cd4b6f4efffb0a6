"""Where and when it was measured."""

from __future__ import annotations

import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from auditdash.settings import ROOT
from tests.bench.rivals.install import PACKAGES
from tests.bench.workers import Worker


def describe_machine(peers: Path) -> list[tuple[str, str]]:
    """What a reader needs to know about a run, as (what, value)."""
    with Worker("tests.bench.rivals.sqlite", peers) as worker:
        newest = worker.ask(do="version")["version"]
    with Worker("tests.bench.rivals.sqlite") as worker:
        own = worker.ask(do="version")["version"]
    return [
        ("date", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("commit", commit()),
        ("processor", f"{_cores()} cores, {_processor()}"),
        ("memory", f"{_memory_gb():.0f} GB"),
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("Python", platform.python_version()),
        ("NumPy", version("numpy")),
        ("SQLite", f"ours {own}, Datasette's {newest}"),
        ("peers", ", ".join(PACKAGES)),
    ]


def commit() -> str:
    """The commit of the working tree, and whether anything in it was changed since."""
    found = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "auditdash", "templates")
    return f"{found or 'unknown'}{' with changes' if changed else ''}"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _cores() -> int:
    return len(re.findall(r"^processor", _read("/proc/cpuinfo"), re.MULTILINE))


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return found[1] if found else platform.machine()


def _memory_gb() -> float:
    found = re.search(r"^MemTotal:\s*(\d+) kB", _read("/proc/meminfo"), re.MULTILINE)
    return int(found[1]) / (1 << 20) if found else 0.0


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")
