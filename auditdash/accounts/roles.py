"""What each role may do: the one place that says it, for pages, forms, commands and tests.

A view declares the one permission that it needs (`web.readers.needs`); the door asks the role.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten


class Permission(StrEnum):
    """Something that may be allowed. `OWN` is everybody's: their password, zone, workspace."""

    OWN = "own"
    READ = "read"
    DOWNLOAD = "download"
    SEARCHES = "searches"
    REPORTS = "reports"
    INTAKE = "intake"
    SETTINGS = "settings"
    TOKENS = "tokens"
    MEMBERS = "members"
    STREAMS = "streams"
    SEE_REVIEWS = "see-reviews"
    REVIEW = "review"


class Role(Struct, frozen=True, kw_only=True):
    """`may_limit`: whether a query and a period can limit what such a member sees. `may_end`:
    whether a membership can have an end. `addresses`: "shown", "reveal" (hidden until revealed,
    which is recorded) or "hidden"; where it is not "shown" a membership decides for itself."""

    name: str
    label: str
    says: str
    may: frozenset[Permission]
    may_limit: bool
    may_end: bool
    addresses: str


ADMIN: Final = Role(
    name="admin",
    label="Admin",
    says="Everything, also members, tokens, settings and intake",
    may=frozenset(Permission),
    may_limit=False,
    may_end=False,
    addresses="shown",
)
OFFICER: Final = Role(
    name="officer",
    label="Officer",
    says="Reports, access reviews, saved searches and downloads; no settings, members, intake",
    may=frozenset(
        {
            Permission.OWN,
            Permission.READ,
            Permission.DOWNLOAD,
            Permission.SEARCHES,
            Permission.REPORTS,
            Permission.SEE_REVIEWS,
            Permission.REVIEW,
        }
    ),
    may_limit=False,
    may_end=True,
    addresses="reveal",
)
AUDITOR: Final = Role(
    name="auditor",
    label="Auditor",
    says="Reads and downloads, changes nothing; can be limited to a query and a period",
    may=frozenset({Permission.OWN, Permission.READ, Permission.DOWNLOAD, Permission.SEE_REVIEWS}),
    may_limit=True,
    may_end=True,
    addresses="hidden",
)
VIEWER: Final = Role(
    name="viewer",
    label="Viewer",
    says="Reads pages, takes no files away; can be limited to a query and a period",
    may=frozenset({Permission.OWN, Permission.READ}),
    may_limit=True,
    may_end=True,
    addresses="hidden",
)
ROLES: Final = {role.name: role for role in (ADMIN, OFFICER, AUDITOR, VIEWER)}


def parse_role(text: str) -> Role:
    """The role of this name."""
    found = ROLES.get(text.strip().lower())
    if found is None:
        raise BadInput(
            f"{shorten(text)} is not a role", where="role", expected=f"one of: {', '.join(ROLES)}"
        )
    return found
