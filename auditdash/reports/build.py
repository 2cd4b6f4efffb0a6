"""Which auditdash and which time zone data made a report."""

from __future__ import annotations

import tomllib
import zoneinfo
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from auditdash.settings import ROOT


@cache
def auditdash_version() -> str:
    """The version of the running code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


@cache
def commit() -> str:
    """The git commit of the running code, or "" where there is no repository."""
    git = ROOT / ".git"
    head = _read(git / "HEAD")
    if not head.startswith("ref: "):
        return head
    name = head.removeprefix("ref: ")
    return _read(git / name) or _packed(git / "packed-refs", name)


def _packed(path: Path, name: str) -> str:
    lines = (line.split(" ") for line in _read(path).splitlines())
    return next((parts[0] for parts in lines if parts[1:] == [name]), "")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ""  # not there, or kept from who serves


@cache
def tzdata_version() -> str:
    """The release of the time zone database in use, such as `2026a`; the system's goes first."""
    for folder in zoneinfo.TZPATH:
        first = _read(Path(folder) / "tzdata.zi").partition("\n")[0]
        if first.startswith("# version "):
            return f"{first.removeprefix('# version ')} of the system"
        if Path(folder).is_dir():
            return "of the system"
    try:
        return f"{version('tzdata')} of the package tzdata"
    except PackageNotFoundError:
        return "unknown"
