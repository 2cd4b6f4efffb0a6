"""For which domain passkeys are made: what the operator has set, else this machine's own name."""

from __future__ import annotations

from flask import request

from auditdash.accounts.factors.ceremonies import RelyingParty
from auditdash.web import readers

_LOCAL = "localhost"


def relying_party() -> RelyingParty | None:
    """None where there can be none: without AUDITDASH_URL nobody has said by which name people know
    this installation, and what a request says of it proves nothing. `localhost` is always oneself.
    """
    settings = readers.settings()
    if settings.url:
        if not settings.is_url_safe:
            return None
        return RelyingParty(settings.host_name, settings.url)
    if request.host.partition(":")[0] == _LOCAL and not settings.trusted_proxies:
        return RelyingParty(_LOCAL, f"http://{request.host}")
    return None


def installation_name() -> str:
    """How an authenticator app calls this installation."""
    return readers.settings().host_name or request.host
