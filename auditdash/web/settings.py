"""Settings: the workspace, its people and tokens, and how this reader likes to look."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from flask import Blueprint, Response, abort

from auditdash.accounts import people, sessions, setup, tokens
from auditdash.accounts.memberships import grant_role, touch_membership
from auditdash.accounts.passwords import check_strength, hash_password, verify_password
from auditdash.accounts.roles import ROLES, Permission, parse_role
from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_zone
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import rename_workspace
from auditdash.web import fragments, params, readers
from auditdash.web.entry import door

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

_PAGE: Final = "/settings"
_CONTINENTS: Final = frozenset(
    (
        *("Africa", "America", "Antarctica", "Arctic", "Asia"),
        *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
    )
)


@blueprint.get("")
@readers.needs(Permission.OWN)
def page() -> Response:
    """Everything that can be set, on one page."""
    return _page()


@blueprint.post("/zone")
@readers.needs(Permission.OWN)
def choose_zone() -> Response:
    """In which zone this reader wants to see times."""
    zone = parse_zone(params.field("zone")).key
    return door.keep_choice(fragments.see_other(params.next_path(_PAGE)), "zone", zone)


@blueprint.post("/theme")
@readers.needs(Permission.OWN)
def choose_theme() -> Response:
    """Light, dark, or as the system says."""
    theme = params.chosen_field("theme", door.THEMES)
    return door.keep_choice(fragments.see_other(params.next_path(_PAGE)), "theme", theme)


@blueprint.post("/workspace")
@readers.needs(Permission.OWN)
def switch_workspace() -> Response:
    """Look at another workspace."""
    workspace_id = params.id_field("workspace")
    if not readers.is_member(workspace_id):
        abort(404)
    with writing(readers.engine()) as connection:
        sessions.choose_workspace(connection, readers.reader().session, workspace_id)
        touch_membership(connection, readers.reader().person_id, workspace_id, readers.now())
    return fragments.see_other("/")


@blueprint.post("/workspace/name")
@readers.needs(Permission.SETTINGS)
def rename() -> Response:
    """How this workspace is called, and where its days begin."""
    name = people.parse_name(params.field("name"))
    zone = parse_zone(params.field("workspace_zone")).key
    with writing(readers.engine()) as connection:
        rename_workspace(connection, readers.reader().workspace.id, name=name, zone=zone)
    return fragments.see_other(_PAGE)


@blueprint.post("/password")
@readers.needs(Permission.OWN)
def change_password() -> Response:
    """A new password for this reader; every other session of theirs ends."""
    reader = readers.reader()
    with reading(readers.engine()) as connection:
        person = people.find_person_by_id(connection, reader.person_id)
    if person is None or not verify_password(person.password_hash, params.secret_field("current")):
        raise BadInput("that is not your current password", where="current password")
    password = params.secret_field("password")
    check_strength(password, reader.username)
    password_hash = hash_password(password)
    with writing(readers.engine()) as connection:
        people.set_password_hash(connection, reader.person_id, password_hash)
        sessions.end_sessions_of(connection, reader.person_id, but=reader.session)
    return _page(notices=[("ok", "Your password is changed. Other browsers are signed out.")])


@blueprint.post("/people")
@readers.needs(Permission.MEMBERS)
def add_person() -> Response:
    """A person without a password, and the one-time link with which they choose one."""
    role = parse_role(params.field("role", "viewer"))
    with writing(readers.engine()) as connection:
        person_id = people.create_person(
            connection,
            params.field("username"),
            params.field("person_name") or params.field("username"),
            readers.now(),
        )
        workspace = readers.reader().workspace
        if workspace.kind == "real":
            grant_role(connection, person_id, workspace.id, role, readers.now())
        link = setup.create_setup_link(connection, person_id, readers.now())
    return _page(link=readers.absolute(link))


@blueprint.post("/people/<int:person_id>/link")
@readers.needs(Permission.MEMBERS)
def new_link(person_id: int) -> Response:
    """Another one-time link: the first was lost, or the password forgotten."""
    with writing(readers.engine()) as connection:
        person = people.find_person_by_id(connection, person_id)
        if person is None or person.disabled_at is not None:
            abort(404)
        link = setup.create_setup_link(connection, person_id, readers.now())
    return _page(link=readers.absolute(link))


@blueprint.post("/people/<int:person_id>/disable")
@readers.needs(Permission.MEMBERS)
def disable(person_id: int) -> Response:
    """Keep a person out; the last one who can sign in stays."""
    with writing(readers.engine()) as connection:
        if people.find_person_by_id(connection, person_id) is None:
            abort(404)
        people.disable_person(connection, person_id, readers.now())
    return fragments.see_other(_PAGE + "#people")


@blueprint.post("/people/<int:person_id>/enable")
@readers.needs(Permission.MEMBERS)
def enable(person_id: int) -> Response:
    """Let a person in again."""
    with writing(readers.engine()) as connection:
        people.enable_person(connection, person_id)
    return fragments.see_other(_PAGE + "#people")


@blueprint.errorhandler(BadInput)
def answer_bad_input(error: BadInput) -> Response:
    """The settings again, with what was wrong."""
    return _page(notices=[("error", f"{error}.")], status=400)


def _page(
    link: str = "",
    notices: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> Response:
    with reading(readers.engine()) as connection:
        everybody = people.list_people(connection)
        every = tokens.list_tokens(connection, readers.reader().workspace.id)
    states = [token.state(readers.now()) for token in every]
    return fragments.render(
        "settings/page.html",
        "settings/page.html",
        status,
        people=everybody,
        names={person.id: person.name for person in everybody},
        live=states.count("active") + states.count("expiring"),
        expiring=states.count("expiring") + states.count("expired"),
        new_link=link,
        roles=[(role.name, role.label) for role in reversed(ROLES.values())],
        notices=notices or [],
        zones=_zones(),
        here=_PAGE,
    )


@cache
def _zones() -> list[str]:
    """Zones with a place's name; the others are old names, or change with the machine."""
    named = {zone for zone in available_timezones() if zone.split("/")[0] in _CONTINENTS}
    return ["UTC", *sorted(named)]
