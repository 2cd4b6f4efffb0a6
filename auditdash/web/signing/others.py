"""Where the members of this workspace are signed in, for whoever looks after them."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort

from auditdash.accounts.memberships import find_member
from auditdash.accounts.people import Person, find_person_by_id
from auditdash.accounts.roles import Permission
from auditdash.management import signing as management
from auditdash.management.members import may_renew_link
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, readers
from auditdash.web.signing import acts, confirm, mine

blueprint = Blueprint("others", __name__, url_prefix="/settings/members/<int:person_id>/sessions")

_NOT_MINE: Final = (
    "This person is a member of a workspace that you are no admin of, and their sessions are for"
    " that one, too. `auditdash people sign-out` ends them."
)


@blueprint.get("")
@readers.needs(Permission.MEMBERS)
def page(person_id: int) -> Response:
    """A member's sessions, and the ways to end them."""
    person = _member(person_id)
    template = "account/others.html"
    return fragments.render(
        template, template, person=person, sessions=mine.session_lines(person.id)
    )


@blueprint.post("/<handle>/end")
@readers.needs(Permission.MEMBERS)
@confirm.first
def end(person_id: int, handle: str) -> Response:
    """End one of them."""
    person = _member(person_id)
    with writing(readers.engine()) as connection:
        if not management.end_session(connection, acts.by(mine.own_person()), person, handle):
            abort(404)
    return fragments.see_other(f"/settings/members/{person_id}/sessions")


@blueprint.post("/end")
@readers.needs(Permission.MEMBERS)
@confirm.first
def end_all(person_id: int) -> Response:
    """Sign the member out everywhere; one's own session stays."""
    person, me = _member(person_id), readers.reader()
    with writing(readers.engine()) as connection:
        but = me.session if person.id == me.person_id else None
        management.end_sessions(connection, acts.by(mine.own_person()), person, but)
    return fragments.see_other(f"/settings/members/{person_id}/sessions")


def _member(person_id: int) -> Person:
    """A member of the reader's workspace: others are none of the reader's business, nor are the
    sessions of who was invited here, and looks at other workspaces from the same browsers."""
    me = readers.reader()
    with reading(readers.engine()) as connection:
        member = find_member(connection, person_id, me.workspace.id)
        person = find_person_by_id(connection, person_id) if member else None
        if person is None:
            abort(404)
        if not may_renew_link(connection, me.person_id, person_id, readers.now()):
            abort(403, _NOT_MINE)
    return person
