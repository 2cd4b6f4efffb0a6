"""What auditdash stands on: folder, key, disk, how it is served, fonts and libraries."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from auditdash.events.instants import now, to_datetime
from auditdash.operation.doctor.finding import Finding, ok, problem, warning
from auditdash.reports.printing.fonts import missing_fonts
from auditdash.reports.signing.key import SigningError, check_key, key_files
from auditdash.settings import Settings
from auditdash.store.feeds.sealing import key_path

_LIBRARIES: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
_PACKAGES: Final = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_LEAST_FREE: Final = 256 << 20
_GOOD_FREE: Final = 2 << 30
_SOON: Final = timedelta(days=30)


def check_machine(settings: Settings, unknown: list[str]) -> Iterator[Finding]:
    """All that can be told without the database; `unknown` are variables that nothing reads."""
    yield _variables(unknown)
    yield _serving(settings)
    yield _names(settings)
    if settings.database_url.startswith("postgresql"):
        yield check_line(settings.database_url)
    yield _of_place("instance", _folder, settings.instance)
    yield _of_place("key", _key, key_path(settings.instance))
    yield check_libraries(ctypes.CDLL)
    yield _fonts()
    yield _signing(settings)


def check_line(database_url: str) -> Finding:
    """How PostgreSQL is spoken with: by itself libpq takes any certificate, or none."""
    parts = urlsplit(database_url)
    asked = dict(parse_qsl(parts.query))
    host = asked.get("host") or parts.hostname or ""
    if not host or host.startswith("/") or _is_here(host):
        return ok("line", "the database is on this machine")
    if (mode := asked.get("sslmode", "prefer")) == "verify-full":
        return ok("line", f"the certificate of {host} is checked")
    return warning(
        "line",
        f"the certificate of {host} is not checked (sslmode={mode}): another one may answer",
        "end DATABASE_URL with ?sslmode=verify-full&sslrootcert=FILE, the certificate of the"
        " authority; or sslrootcert=system",
    )


def check_disk(instance: Path, database_bytes: int, free: int | None = None) -> Finding:
    """Room for what comes, and for a copy: a backup or another index."""
    if free is None:
        place = next(each for each in (instance, *instance.parents) if os.access(each, os.F_OK))
        free = shutil.disk_usage(place).free
    says = f"{free / (1 << 30):.1f} GiB are free where the instance lives"
    if free < _LEAST_FREE:
        return problem("disk", says, "make room now: without it nothing can be stored")
    if free < max(_GOOD_FREE, database_bytes):
        size = f"{database_bytes / (1 << 30):.1f} GiB"
        advice = f"make room: a copy of the database ({size}) must fit, and new events"
        return warning("disk", says, advice)
    return ok("disk", says)


def check_libraries(load: Callable[[str], object]) -> Finding:
    """What sets the text of PDF reports."""
    missing = []
    for name in _LIBRARIES:
        try:
            load(name)
        except OSError:
            missing.append(name)
    if missing:
        return problem("libraries", f"{', '.join(missing)} cannot be loaded: no PDF", _PACKAGES)
    return ok("libraries", "those that set the text of PDF reports are there")


def _fonts() -> Finding:
    missing = missing_fonts()
    if missing:
        names = ", ".join(path.name for path in missing)
        advice = "they come with auditdash, in its folder fonts: put them back"
        return warning("fonts", f"{names}: many names print as code points", advice)
    return ok("fonts", "all fonts of the paper are there")


def _signing(settings: Settings) -> Finding:
    files = key_files(settings)
    if files is None:
        return ok("signing", "no key is set: reports are not signed")
    try:
        key = check_key(files, now())
    except SigningError as error:
        return problem("signing", str(error), "until then no report can be made")
    if _others_may(Path(files.p12)) or _others_may(Path(files.passphrase)):
        advice = f"chmod 600 {files.p12} {files.passphrase}"
        return problem("signing", "other users may read the key or its passphrase", advice)
    left = key.ends_at - to_datetime(now())
    says = f"{key.subject} signs reports until {key.ends_at:%Y-%m-%d}"
    if left < _SOON:
        return warning("signing", says, "get another certificate: then no report can be made")
    return ok("signing", says)


def _variables(unknown: list[str]) -> Finding:
    if unknown:
        advice = "README.md lists the settings; correct the name, or remove it"
        return warning("settings", f"nothing reads {', '.join(unknown)}", advice)
    return ok("settings", "all can be right")


def _names(settings: Settings) -> Finding:
    """By which names it may be called: a page of a stranger must not give it another."""
    if settings.url or settings.hosts:
        return ok("names", ", ".join(sorted(settings.hosts | {settings.host_name} - {""})))
    if _is_here(settings.host) and not settings.trusted_proxies:
        return ok("names", "only this machine's own")
    advice = "set AUDITDASH_URL=https://… to the address by which people open it"
    return warning("names", "nobody has said by which name people open it, so any will do", advice)


def _serving(settings: Settings) -> Finding:
    if settings.secure_cookies or _is_here(settings.host):
        return ok("serving", f"{settings.host}:{settings.port}")
    return warning(
        "serving",
        f"{settings.host}:{settings.port} is reached from other machines, cookies also go by http",
        "put a proxy with https before it, and set AUDITDASH_SECURE_COOKIES=1 and"
        " AUDITDASH_TRUSTED_PROXIES=1",
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _of_place(check: str, look: Callable[[Path], Finding], path: Path) -> Finding:
    try:
        return look(path)
    except PermissionError:  # of a folder above it
        return problem(check, f"this user may not look at {path}", "run as the user it belongs to")


def _folder(instance: Path) -> Finding:
    if not instance.is_dir():
        return problem("instance", f"{instance} is not there", "start once: auditdash serve")
    if not os.access(instance, os.R_OK | os.W_OK | os.X_OK):
        advice = "run as the user that it belongs to, or give it to this one: chown -R"
        return problem("instance", f"this user may not write to {instance}", advice)
    if _others_may(instance):
        advice = f"chmod 700 {instance}"
        return warning("instance", f"other users may look into {instance}", advice)
    return ok("instance", str(instance))


def _key(path: Path) -> Finding:
    if not path.exists():
        return ok("key", "none yet: it is made when a secret is first stored")
    if _others_may(path):
        return problem("key", f"other users may read {path}", f"chmod 600 {path}")
    if not os.access(path, os.R_OK):
        advice = "run as the user that it belongs to, or give it to this one: chown"
        return problem("key", f"this user may not read {path}", advice)
    return ok("key", f"{path} is for its owner alone")


def _others_may(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
