"""Whether somebody looks after each workspace."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from auditdash.accounts.admins import has_admin
from auditdash.accounts.people import count_people
from auditdash.operation.doctor.finding import Finding, ok, problem, warning
from auditdash.settings import Settings
from auditdash.store.workspaces import list_workspaces

_BEGIN = "open the link that auditdash serve prints"
_ADD = "auditdash members add NAME --role admin --workspace {0} (of a member: members change)"
_LINK = "; where only single sign-on lets people in they are linked as well: auditdash people link"


def check_people(connection: Connection, settings: Settings) -> Iterator[Finding]:
    """One for each real workspace that has no admin who can sign in."""
    if not count_people(connection):
        yield warning("admin", "nobody has an account yet", _BEGIN)
        return
    only = settings.sso.only
    without = [
        each.slug
        for each in list_workspaces(connection)
        if each.kind == "real" and not has_admin(connection, each.id, by_provider=only)
    ]
    for slug in without:
        says = f"{slug}: nobody who can sign in looks after it"
        yield problem("admin", says, _ADD.format(slug) + (_LINK if only else ""))
    if not without:
        yield ok("admin", "each workspace has an admin who can sign in")
