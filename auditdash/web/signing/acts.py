"""Who does what is done in this request, as it is recorded."""

from __future__ import annotations

from flask import request

from auditdash.accounts.people import Person
from auditdash.management.signing import Doer
from auditdash.web import readers


def by(person: Person) -> Doer:
    """Somebody whom we know."""
    return Doer(_actor(str(person.id), person.username), readers.now())


def by_nobody() -> Doer:
    """Somebody who has not proved who they are."""
    return Doer(_actor(None, None), readers.now())


def _actor(person_id: str | None, username: str | None) -> dict[str, str | None]:
    return {
        "ip": request.remote_addr,
        "user_agent": request.headers.get("User-Agent", ""),
        "user_id": person_id,
        "username": username,
    }
