"""What a provider's claims mean here: a name for a new account, and roles in workspaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from auditdash.accounts.people import parse_name, parse_username
from auditdash.accounts.roles import ROLES, Role
from auditdash.events.errors import BadInput
from auditdash.settings import SingleSignOn
from auditdash.store.workspaces import Workspace

_RANKED = tuple(ROLES.values())  # who may most comes first


class Claims(Struct, frozen=True, kw_only=True):
    """What is read of them. `email` is empty where the provider has not verified it: then anybody
    may have written it. `values` are those of the claim that gives roles."""

    subject: str
    username: str
    name: str
    email: str
    values: frozenset[str]

    @property
    def shown(self) -> str:
        """How the person is called at the provider, for people to read."""
        return self.email or self.username or self.name or self.subject


def read_claims(raw: Mapping[str, Any], claim: str) -> Claims:
    """Verified claims; what is not text is not there. A claim may be inside others: `a.b`."""
    email = _text(raw, "email") if raw.get("email_verified") is True else ""
    return Claims(
        subject=_text(raw, "sub"),
        username=_text(raw, "preferred_username"),
        name=_text(raw, "name"),
        email=email,
        values=_values(raw, claim),
    )


def new_username(claims: Claims) -> str:
    """The username of a new account; BadInput where the provider says none that could be one."""
    for wanted in (claims.username, claims.email, claims.subject):
        try:
            return parse_username(wanted)
        except BadInput:
            continue
    raise BadInput("the provider gave no name that can be a username", where="account")


def new_name(claims: Claims, username: str) -> str:
    """How others read the new person."""
    try:
        return parse_name(claims.name)
    except BadInput:
        return username


def roles_of(
    claims: Claims, sso: SingleSignOn, workspaces: Sequence[Workspace]
) -> dict[int, Role | None]:
    """The role in each workspace that the settings speak of: the one that may most of those that
    the claims give, None where they give none."""
    found: dict[int, Role | None] = {}
    for workspace in workspaces:
        speaking = [rule for rule in sso.roles if rule[1] in ("", workspace.slug)]
        if speaking and workspace.kind == "real":
            given = {ROLES[role] for value, _, role in speaking if value in claims.values}
            found[workspace.id] = next((role for role in _RANKED if role in given), None)
    return found


def _values(raw: Mapping[str, Any], claim: str) -> frozenset[str]:
    if not claim:
        return frozenset()
    found: Any = raw.get(claim)
    if found is None:
        found = raw
        for part in claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    if isinstance(found, Sequence):
        return frozenset(each for each in found if isinstance(each, str))
    return frozenset()


def _text(raw: Mapping[str, Any], name: str) -> str:
    found = raw.get(name)
    return found.strip() if isinstance(found, str) else ""
