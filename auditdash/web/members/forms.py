"""What the forms about members say: a role, and what limits it."""

from __future__ import annotations

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.accounts.memberships import Limits
from auditdash.accounts.roles import ROLES, Role, parse_role
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, shorten
from auditdash.events.periods import day_period, local_date
from auditdash.web import params

CHOICES: Final = tuple((role.name, f"{role.label}: {role.says}") for role in ROLES.values())


class Given(Struct, frozen=True, kw_only=True):
    """The form as it was sent, or as a membership fills it; days are ISO dates of the workspace."""

    role: str = "viewer"
    query: str = ""
    first: str = ""
    last: str = ""
    expires: str = ""
    addresses: bool = False
    username: str = ""
    name: str = ""
    guest: bool = False


def sent() -> Given:
    """What was written."""
    return Given(
        role=params.field("role", "viewer"),
        query=params.field("limit"),
        first=params.field("first"),
        last=params.field("last"),
        expires=params.field("expires"),
        addresses=bool(params.field("addresses")),
        username=params.field("username"),
        name=params.field("person_name"),
        guest=bool(params.field("guest")),
    )


def read(given: Given, zone: ZoneInfo) -> tuple[Role, Limits]:
    """What that means; raises BadInput."""
    role = parse_role(given.role)
    first, last = _day(given.first, "first"), _day(given.last, "last")
    expires = _day(given.expires, "expires")
    if given.guest and expires is None:
        raise BadInput("a guest has an end date", where="expires", expected="the last day")
    if given.guest and not role.may_limit:
        raise BadInput("a guest is an auditor or a viewer", where="role")
    limits = Limits(
        query=given.query,
        period_start=day_period(first, zone).start if first else None,
        period_end=day_period(last, zone).end if last else None,
        expires_at=day_period(expires, zone).end if expires else None,
        addresses=given.addresses or role.addresses == "shown",
    )
    return role, limits


def filled(role: str, limits: Limits, zone: ZoneInfo) -> Given:
    """The form of what is kept."""
    return Given(
        role=role,
        query=limits.query,
        first=_text(limits.period_start, zone),
        last=_text(limits.period_end, zone, before=True),
        expires=_text(limits.expires_at, zone, before=True),
        addresses=limits.addresses,
    )


def _text(instant: Instant | None, zone: ZoneInfo, *, before: bool = False) -> str:
    """A day; of an end, which is out, the last day that is in."""
    if instant is None:
        return ""
    return local_date(Instant(instant - 1) if before else instant, zone).isoformat()


def _day(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{shorten(text)} is no day", where=where, expected="2026-03-31") from None
    if not 1970 < found.year < 9000:
        raise BadInput(f"{shorten(text)} is out of reach", where=where, expected="2026-03-31")
    return found
