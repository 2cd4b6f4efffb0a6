"""Tokens are made, replaced and revoked here: each act and the event that tells of it are kept in
one transaction, under the names that the catalogue has for Mode's own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection

from auditdash.accounts.memberships import find_member
from auditdash.accounts.people import Person
from auditdash.accounts.roles import Permission, parse_role
from auditdash.accounts.tokens import (
    MEMBER,
    WORKSPACE,
    NewToken,
    Token,
    add_token,
    find_token_by_id,
    revoke_token,
    rotate_token,
)
from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, HOUR, Instant, shorten, to_rfc3339
from auditdash.ingest.accesses import Act, append_access, event_of

LIFETIMES: Final = {"30": "in 30 days", "90": "in 90 days", "365": "in a year", "never": "never"}
DEFAULT_LIFETIME: Final = "90"
OVERLAPS: Final = {"0": "not at all", "1": "for an hour", "24": "for a day", "168": "for 7 days"}
DEFAULT_OVERLAP: Final = "24"
_LONGEST_DAYS: Final = 3650
_LONGEST_HOURS: Final = 720
_MADE: Final = {
    WORKSPACE: "api_token_workspace_created",
    MEMBER: "api_token_member_key_generated",
}
_ENDED: Final = {
    WORKSPACE: "api_token_workspace_revoked",
    MEMBER: "api_token_member_key_revoked",
}
_SAID: Final = {WORKSPACE: "workspace token", MEMBER: "member token"}


def create_workspace_token(
    connection: Connection,
    act: Act,
    person: Person | None,
    *,
    name: str,
    scopes: Collection[str],
    lifetime: str,
) -> str:
    """A workspace token, made by this person or by the command line: its text, to be shown once."""
    new = NewToken(
        workspace_id=_own(act),
        name=name,
        created_by=person.id if person else None,
        scopes=scopes,
        expires_at=parse_lifetime(lifetime, act.now),
    )
    token, text = add_token(connection, new, act.now)
    _tell(connection, act, _MADE, token, None, "created")
    return text


def create_member_token(
    connection: Connection, act: Act, person: Person, *, name: str, lifetime: str
) -> str:
    """A token of this person's own, who is a member: its text, to be shown once."""
    member = find_member(connection, person.id, act.workspace.id)
    if member is None or member.is_over(act.now):
        raise BadInput(
            f"{person.username} is no member of {act.workspace.slug}", expected="a member of it"
        )
    if Permission.SEARCHES not in parse_role(member.role).may:
        raise BadInput(f"{person.username} is {member.role}", expected="an admin or an officer")
    new = NewToken(
        workspace_id=_own(act),
        name=name,
        created_by=person.id,
        kind=MEMBER,
        person_id=person.id,
        expires_at=parse_lifetime(lifetime, act.now),
    )
    token, text = add_token(connection, new, act.now)
    _tell(connection, act, _MADE, token, person, "generated")
    return text


def replace_secret(
    connection: Connection,
    act: Act,
    token: Token,
    owner: Person | None,
    *,
    overlap: str,
    lifetime: str,
) -> str:
    """A new secret for a live token: its text, to be shown once. The present secret stays good for
    `overlap` hours. The log tells of the end of the one and the beginning of the other."""
    hours = _parse_overlap(overlap)
    changed = rotate_token(
        connection,
        token,
        act.now,
        overlap=hours * HOUR,
        expires_at=parse_lifetime(lifetime, act.now),
    )
    if changed is None:
        raise BadInput(
            f"the token {shorten(token.name)} is not there any more", expected="a live one"
        )
    new, text = changed
    until = to_rfc3339(Instant(act.now + hours * HOUR))
    _tell(
        connection, act, _ENDED, token, owner, "replaced", replaced_by=new.prefix, good_until=until
    )
    _tell(connection, act, _MADE, new, owner, "made anew", replaces=token.prefix)
    return text


def revoke(connection: Connection, act: Act, token: Token, owner: Person | None) -> bool:
    """End a token; False when it had ended."""
    ended = revoke_token(connection, token.workspace_id, token.id, act.now)
    if ended:
        _tell(connection, act, _ENDED, token, owner, "revoked")
    return ended


def find_own(connection: Connection, act: Act, token_id: int) -> Token | None:
    """A token of the workspace of the act."""
    return find_token_by_id(connection, act.workspace.id, token_id)


def parse_lifetime(text: str, now: Instant) -> Instant | None:
    """When a token expires that is to live for so many days; None for `never`."""
    if text == "never":
        return None
    days = _number(text, 1, _LONGEST_DAYS, "expires", f"never, or days from 1 to {_LONGEST_DAYS}")
    return Instant(now + days * DAY)


def _parse_overlap(text: str) -> int:
    return _number(text, 0, _LONGEST_HOURS, "overlap", f"hours from 0 to {_LONGEST_HOURS}")


def _number(text: str, low: int, high: int, where: str, expected: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and low <= int(text) <= high):
        raise BadInput(f"{shorten(text)} does not fit", where=where, expected=expected)
    return int(text)


def _own(act: Act) -> int:
    if act.workspace.kind == "demo":
        raise BadInput("the demo has no tokens", expected="a workspace of your own")
    return act.workspace.id


def _tell(
    connection: Connection,
    act: Act,
    actions: dict[str, str],
    token: Token,
    owner: Person | None,
    deed: str,
    **more: str,
) -> None:
    kind = _SAID[token.kind]
    expires = to_rfc3339(token.expires_at) if token.expires_at is not None else "never"
    told = {"scopes": token.scopes, "expires_at": expires, **more}
    if owner is not None:
        told |= {"member_username": owner.username, "member_id": str(owner.id)}
    told_as = event_of(
        act.workspace,
        act.now,
        act.actor,
        action=actions[token.kind],
        description=f"{kind} {deed} in auditdash",
        entity=("api_token", token.prefix, token.name),
        context=told,
    )
    append_access(connection, told_as)
