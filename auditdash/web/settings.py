"""Settings: the workspace, and how this reader likes to look; members and tokens have pages."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort

from auditdash.accounts import people, sessions, tokens
from auditdash.accounts.memberships import touch_membership
from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_zone
from auditdash.management import members as management
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.entry import door
from auditdash.web.frame.zones import named_zones

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

_PAGE: Final = "/settings"


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
        management.rename(connection, readers.act(), name=name, zone=zone)
    return fragments.see_other(_PAGE)


@blueprint.errorhandler(BadInput)
def answer_bad_input(error: BadInput) -> Response:
    """The settings again, with what was wrong."""
    return _page(notices=[("error", f"{error}.")], status=400)


def _page(
    notices: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> Response:
    with reading(readers.engine()) as connection:
        every = tokens.list_tokens(connection, readers.reader().workspace.id)
    states = [token.state(readers.now()) for token in every]
    return fragments.render(
        "settings/page.html",
        "settings/page.html",
        status,
        live=states.count("active") + states.count("expiring"),
        expiring=states.count("expiring") + states.count("expired"),
        notices=notices or [],
        zones=named_zones(),
        here=_PAGE,
    )
