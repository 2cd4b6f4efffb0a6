"""Members: who may look at this workspace, as what, until when; invited, changed and removed."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts import people
from auditdash.accounts.memberships import Member, find_member, list_members
from auditdash.accounts.people import Person
from auditdash.accounts.roles import ROLES, Permission
from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_zone
from auditdash.management import members as management
from auditdash.management import signing
from auditdash.management.signing import Doer
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.members import forms
from auditdash.web.members.forms import Given
from auditdash.web.signing import confirm

blueprint = Blueprint("members", __name__, url_prefix="/settings/members")

PATH: Final = "/settings/members"
_LIST: Final = "members/page.html"
_ONE: Final = "members/one.html"
_ONLY: Final = "only single sign-on lets people in here"
_BY_COMMAND: Final = "auditdash people sign-in-link on the command line"


@blueprint.get("")
@readers.needs(Permission.MEMBERS)
def index() -> Response:
    """All members, and the form that invites another."""
    return _list()


@blueprint.post("")
@readers.needs(Permission.MEMBERS)
@confirm.first
def invite() -> Response:
    """Make somebody a member; the answer is the only page that shows their one-time link."""
    given = forms.sent()
    try:
        role, limits = forms.read(given, _zone())
        with writing(readers.engine()) as connection:
            link = management.invite(
                connection,
                readers.act(),
                by=readers.reader().person_id,
                username=given.username,
                name=given.name or given.username,
                role=role,
                limits=limits,
                guest=given.guest,
            )
    except BadInput as error:
        return _list(given, error=error)
    if readers.settings().sso.only:
        link = None  # the provider is the way in
    return _list(link=readers.absolute(link) if link else "", invited=given.username)


@blueprint.get("/<int:person_id>")
@readers.needs(Permission.MEMBERS)
def show(person_id: int) -> Response:
    """One member, and what can be changed about them."""
    with reading(readers.engine()) as connection:
        return _one(connection, _find(connection, person_id))


@blueprint.post("/<int:person_id>")
@readers.needs(Permission.MEMBERS)
@confirm.first
def change(person_id: int) -> Response:
    """Another role, other limits."""
    given = forms.sent()
    with reading(readers.engine()) as connection:
        member = _find(connection, person_id)
    try:
        role, limits = forms.read(given, _zone())
        with writing(readers.engine()) as connection:
            management.change(connection, readers.act(), member, role, limits)
    except BadInput as error:
        with reading(readers.engine()) as connection:
            return _one(connection, member, given, error)
    return fragments.see_other(PATH)


@blueprint.post("/<int:person_id>/remove")
@readers.needs(Permission.MEMBERS)
@confirm.first
def remove(person_id: int) -> Response:
    """Take somebody out of the workspace."""
    try:
        with writing(readers.engine()) as connection:
            management.remove(connection, readers.act(), _find(connection, person_id))
    except BadInput as error:
        return _list(error=error)
    return fragments.see_other("/" if person_id == readers.reader().person_id else PATH)


@blueprint.post("/<int:person_id>/link")
@readers.needs(Permission.MEMBERS)
@confirm.first
def renew(person_id: int) -> Response:
    """Another one-time link, for who has lost the first, or the password."""
    if readers.settings().sso.only:
        return _list(error=BadInput(_ONLY, expected=_BY_COMMAND))
    with writing(readers.engine()) as connection:
        member = _find(connection, person_id)
        if member.is_disabled or not _is_mine(connection, member):
            abort(403, _NOT_MINE)
        link = management.renew_link(connection, readers.act(), member)
    return _list(link=readers.absolute(link), invited=member.username)


@blueprint.post("/<int:person_id>/disable")
@readers.needs(Permission.MEMBERS)
@confirm.first
def disable(person_id: int) -> Response:
    """Keep a person out of the whole installation; the last one who can sign in stays."""
    try:
        with writing(readers.engine()) as connection:
            signing.disable(connection, _by(), _own_person(connection, person_id))
    except BadInput as error:
        return _list(error=error)
    return fragments.see_other(PATH)


@blueprint.post("/<int:person_id>/enable")
@readers.needs(Permission.MEMBERS)
@confirm.first
def enable(person_id: int) -> Response:
    """Let a person in again."""
    with writing(readers.engine()) as connection:
        signing.enable(connection, _by(), _own_person(connection, person_id))
    return fragments.see_other(PATH)


@blueprint.post("/workspaces")
@readers.needs(Permission.MEMBERS)
@confirm.first
def found() -> Response:
    """Another workspace, with nothing in it; whoever makes it is its admin."""
    try:
        zone = parse_zone(params.field("workspace_zone")).key
        with writing(readers.engine()) as connection:
            management.create_workspace(
                connection,
                readers.act(),
                readers.reader().person_id,
                name=params.field("workspace_name"),
                zone=zone,
            )
    except BadInput as error:
        return _list(error=error)
    return fragments.see_other(PATH)


_NOT_MINE: Final = (
    "This person is a member of a workspace that you are no admin of: whoever has a link of theirs"
    " would come in there, too. `auditdash user password` can do it."
)


def _list(
    given: Given | None = None,
    link: str = "",
    invited: str = "",
    error: BadInput | None = None,
) -> Response:
    with reading(readers.engine()) as connection:
        members = list_members(connection, readers.reader().workspace.id)
    return fragments.render(
        _LIST,
        _LIST,
        400 if error else 200,
        members=members,
        roles=ROLES,
        choices=forms.CHOICES,
        given=given or Given(),
        new_link=link,
        invited=invited,
        error=error,
        now=readers.now(),
        is_demo=readers.reader().workspace.kind == "demo",
    )


def _one(
    connection: Connection,
    member: Member,
    given: Given | None = None,
    error: BadInput | None = None,
) -> Response:
    return fragments.render(
        _ONE,
        _ONE,
        400 if error else 200,
        member=member,
        roles=ROLES,
        choices=forms.CHOICES,
        given=given or forms.filled(member.role, member.limits, _zone()),
        is_mine=_is_mine(connection, member),
        error=error,
        now=readers.now(),
    )


def _find(connection: Connection, person_id: int) -> Member:
    return find_member(connection, person_id, readers.reader().workspace.id) or abort(404)


def _is_mine(connection: Connection, member: Member) -> bool:
    mine = readers.reader().person_id
    return management.may_renew_link(connection, mine, member.person_id, readers.now())


def _own_person(connection: Connection, person_id: int) -> Person:
    """A member whose account is this admin's to look after."""
    if not _is_mine(connection, _find(connection, person_id)):
        abort(403, _NOT_MINE)
    return people.find_person_by_id(connection, person_id) or abort(404)


def _by() -> Doer:
    return Doer(readers.actor(), readers.now())


def _zone() -> ZoneInfo:
    return readers.reader().workspace.zone_info
