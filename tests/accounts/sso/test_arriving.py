"""What a sign-in by the provider does to a membership that an admin has limited."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from auditdash.accounts.memberships import Limits, find_member, grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import AUDITOR, OFFICER, VIEWER, Role
from auditdash.accounts.sso.claims import Claims
from auditdash.accounts.sso.identities import link_identity
from auditdash.events.instants import DAY, Instant
from auditdash.management.signing import Doer
from auditdash.management.single_sign_on import arrive
from auditdash.settings import SingleSignOn
from auditdash.store.engine import writing
from tests.make import NOW

_ISSUER = "https://id.example"
_BY = Doer({"username": None}, NOW)
_SSO = SingleSignOn(
    issuer=_ISSUER,
    client_id="auditdash",
    claim="groups",
    roles=(("audit", "", "auditor"), ("look", "", "viewer"), ("work", "", "officer")),
)
_LATER, _BEFORE = Instant(NOW + DAY), Instant(NOW - DAY)
_LIMITS = Limits(query="op:export", period_end=NOW, expires_at=_LATER, addresses=True)


@pytest.mark.parametrize(
    ("limits", "value", "role", "expected"),
    [
        (_LIMITS, "audit", AUDITOR, _LIMITS),
        (_LIMITS, "look", VIEWER, Limits(query="op:export", period_end=NOW, expires_at=_LATER)),
        (_LIMITS, "work", OFFICER, Limits(expires_at=_LATER, addresses=True)),
        (Limits(expires_at=_BEFORE), "audit", AUDITOR, Limits(expires_at=_BEFORE)),
        (Limits(expires_at=_BEFORE), "work", AUDITOR, Limits(expires_at=_BEFORE)),
    ],
)
def test_what_an_admin_has_limited_stays_so(
    engine: Engine, workspace_id: int, limits: Limits, value: str, role: Role, expected: Limits
) -> None:
    claims = Claims(subject="s", username="", name="", email="", values=frozenset({value}))
    with writing(engine) as connection:
        ann = create_person(connection, "ann", "Ann", NOW)
        grant_role(connection, ann, workspace_id, AUDITOR, NOW, limits)
        link_identity(connection, ann, _ISSUER, "s", "ann", NOW)
        arrive(connection, _BY, _SSO, claims)
        member = find_member(connection, ann, workspace_id)
    assert member is not None
    assert (member.role, member.limits) == (role.name, expected)
