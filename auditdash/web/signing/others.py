"""Where the members of this workspace are signed in, for whoever looks after them."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from auditdash.accounts.memberships import find_memberships
from auditdash.accounts.people import Person, find_person_by_id
from auditdash.accounts.roles import Permission
from auditdash.management import signing as management
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, readers
from auditdash.web.signing import acts, confirm, mine

blueprint = Blueprint("others", __name__, url_prefix="/settings/members/<int:person_id>/sessions")


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
    """A member of the reader's workspace: others are none of the reader's business."""
    with reading(readers.engine()) as connection:
        person = find_person_by_id(connection, person_id)
        found = find_memberships(connection, person_id, readers.now()) if person else []
    here = readers.reader().workspace
    if person is None or here.kind != "real" or all(each.workspace.id != here.id for each in found):
        abort(404)
    return person
