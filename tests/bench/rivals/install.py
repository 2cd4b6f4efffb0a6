"""The peers in an environment of their own: ours stays as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

PACKAGES = ("datasette==0.65.5", "duckdb==2.0.0", f"msgspec=={msgspec.__version__}")
# The newest SQLite, a third quicker than many a system's, which Datasette takes when it is there.
NEWEST_SQLITE = "pysqlite3-binary==0.5.4.post2"


class NoPeers(RuntimeError):
    """The peers could not be installed."""


def install_peers(folder: Path) -> Path:
    """The Python that has the peers, installed when they are not; NoPeers without a network."""
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    wanted = "\n".join((*PACKAGES, NEWEST_SQLITE, sys.version))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted and python.exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    if not _install(python, *PACKAGES):
        raise NoPeers(
            f"could not install {', '.join(PACKAGES)}: is there a network? pip says why above."
        )
    _install(python, NEWEST_SQLITE)  # not made for every machine; Datasette runs without it
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _install(python: Path, *packages: str) -> bool:
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
    return done.returncode == 0
