"""The first workspace of an installation, and the one in which a reader begins."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from auditdash.accounts.people import parse_name
from auditdash.events.folding import fold_words
from auditdash.events.instants import Instant
from auditdash.store.receipts import has_deliveries
from auditdash.store.workspaces import (
    Workspace,
    create_workspace,
    find_workspace_by_slug,
    list_workspaces,
)

_DEFAULT_NAME = "Our workspace"
_NOT_A_SLUG = re.compile("[^a-z0-9]+")
_SLUG_LENGTH = 40


def is_founded(connection: Connection) -> bool:
    """Whether there is a real workspace: the demo is none."""
    return any(each.kind == "real" for each in list_workspaces(connection))


def found_workspace(connection: Connection, name: str, zone: str, now: Instant) -> int:
    """A new real workspace, named by people; its id."""
    name = parse_name(name)
    slug = _free_slug(connection, name)
    return create_workspace(connection, slug=slug, name=name, kind="real", zone=zone, now=now)


def first_workspace(connection: Connection, zone: str, now: Instant) -> Workspace:
    """Where a reader begins: the first workspace with something in it, a real one if there is.

    Somebody whom the command line made may come before any workspace: then one is founded.
    """
    if not list_workspaces(connection):
        found_workspace(connection, _DEFAULT_NAME, zone, now)
    workspaces = list_workspaces(connection)
    filled = (each for each in workspaces if has_deliveries(connection, each.id))
    return next(filled, workspaces[0])


def _free_slug(connection: Connection, name: str) -> str:
    wanted = _NOT_A_SLUG.sub("-", fold_words(name)).strip("-")[:_SLUG_LENGTH] or "workspace"
    slug, number = wanted, 1
    while find_workspace_by_slug(connection, slug) is not None:
        number += 1
        slug = f"{wanted}-{number}"
    return slug
