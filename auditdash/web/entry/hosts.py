"""By which names this installation may be called.

A page of a stranger can give its own name our address (DNS rebinding): then the browser believes
that we are that stranger, and lets their script read our answers. We know our own names.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, abort, request

from auditdash.settings import LOOPBACK, Settings
from auditdash.web import readers

# Probes call us by whatever address we have, and learn nothing but that we are well.
_PROBES: Final = {"/healthz", "/readyz"}


def install(app: Flask) -> None:
    """Look at the name before anything else."""
    app.before_request(_check_host)


def allowed_hosts(settings: Settings) -> frozenset[str] | None:
    """The names that are ours; None where nobody has said them, and others may call us."""
    own = settings.hosts | ({settings.host_name} if settings.url else set())
    if own:
        return own | LOOPBACK
    return LOOPBACK if settings.host in LOOPBACK and not settings.trusted_proxies else None


def host_of(text: str) -> str:
    """The name in a Host header, in lower case; empty where there is none."""
    try:
        return (urlsplit(f"//{text}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _check_host() -> None:
    allowed = allowed_hosts(readers.settings())
    if allowed is None or request.path in _PROBES or host_of(request.host) in allowed:
        return
    abort(400, "This is not a name of this installation: its operator sets AUDITDASH_HOSTS.")
