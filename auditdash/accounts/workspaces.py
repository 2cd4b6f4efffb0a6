"""The first workspace of an installation, and the one in which a reader begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from sqlalchemy import Connection

from auditdash.accounts.memberships import find_memberships, grant_role
from auditdash.accounts.people import parse_name
from auditdash.accounts.roles import ADMIN
from auditdash.events.folding import fold_words
from auditdash.events.instants import Instant
from auditdash.store.receipts import has_deliveries
from auditdash.store.workspaces import (
    Workspace,
    create_workspace,
    list_workspaces,
)

_NOT_A_SLUG = re.compile("[^a-z0-9]+")
_SLUG_LENGTH = 40


def is_founded(connection: Connection) -> bool:
    """Whether there is a real workspace: the demo is none."""
    return any(each.kind == "real" for each in list_workspaces(connection))


def found_workspace(connection: Connection, name: str, zone: str, now: Instant) -> int:
    """A new real workspace, named by people; its id."""
    name = parse_name(name)
    for slug in _slugs(name):
        made = create_workspace(connection, slug=slug, name=name, kind="real", zone=zone, now=now)
        if made is not None:
            return made
    raise AssertionError("unreachable: there is always another slug")


def first_workspace(connection: Connection, person_id: int, now: Instant) -> Workspace | None:
    """Where a reader begins: the first workspace of theirs with something in it, a real one if
    there is; None for who is a member nowhere."""
    theirs = [each.workspace for each in find_memberships(connection, person_id, now)]
    filled = (each for each in theirs if has_deliveries(connection, each.id))
    return next(filled, theirs[0] if theirs else None)


def administer_all(connection: Connection, person_id: int, now: Instant) -> None:
    """The first person looks after every real workspace that is there."""
    for each in list_workspaces(connection):
        if each.kind == "real":
            grant_role(connection, person_id, each.id, ADMIN, now)


def _slugs(name: str) -> Iterator[str]:
    wanted = _NOT_A_SLUG.sub("-", fold_words(name)).strip("-")[:_SLUG_LENGTH] or "workspace"
    yield wanted
    for number in count(2):
        yield f"{wanted}-{number}"
