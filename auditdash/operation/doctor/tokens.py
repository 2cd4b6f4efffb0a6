"""Tokens of programs that will be shut out, or just were."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from auditdash.accounts.tokens import list_expiring
from auditdash.events.instants import Instant, shorten, to_rfc3339
from auditdash.operation.doctor.finding import Finding, ok, problem, warning
from auditdash.store.workspaces import list_workspaces

_ADVICE = "rotate it (Settings → Tokens, or: auditdash token rotate {}), or revoke it"


def check_tokens(connection: Connection, now: Instant) -> Iterator[Finding]:
    """One for each token that expires within two weeks, or did so."""
    slugs = {each.id: each.slug for each in list_workspaces(connection)}
    expiring = list_expiring(connection, now)
    for token in expiring:
        at = to_rfc3339(token.expires_at or now)
        says = f"{slugs[token.workspace_id]}: {shorten(token.name)} ({token.prefix}…)"
        advice = _ADVICE.format(token.id)
        if token.state(now) == "expired":
            yield problem("token", f"{says} expired at {at}", advice)
        else:
            yield warning("token", f"{says} expires at {at}", advice)
    if not expiring:
        yield ok("token", "none expires within two weeks")
