"""Tokens: those of the workspace, one's own, and the page of one with its new secret.

Those of the workspace and of others are for who may look after tokens; one's own, which read saved
searches, for whoever may have saved searches.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts import people, tokens
from auditdash.accounts.people import Person
from auditdash.accounts.roles import Permission
from auditdash.accounts.tokens import MEMBER, Token
from auditdash.events.errors import BadInput
from auditdash.management import tokens as management
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.signing import confirm

blueprint = Blueprint("tokens", __name__, url_prefix="/settings/tokens")

_LIST: Final = "tokens/page.html"
_ONE: Final = "tokens/one.html"
PATH: Final = "/settings/tokens"


@blueprint.get("")
@readers.needs(Permission.SEARCHES)
def index() -> Response:
    """All tokens that this reader may look after, and the forms for new ones."""
    return _list()


@blueprint.post("")
@readers.needs(Permission.TOKENS)
@confirm.first
def create() -> Response:
    """A workspace token; the answer is the only page that ever shows it."""
    try:
        with writing(readers.engine()) as connection:
            text = management.create_workspace_token(
                connection,
                readers.act(),
                _me(connection),
                name=params.field("token_name"),
                scopes=[scope for scope in tokens.SCOPES if params.field(f"may_{scope}")],
                lifetime=_lifetime(),
            )
    except BadInput as error:
        return _list(error=error)
    return _list(new_token=text)


@blueprint.post("/own")
@readers.needs(Permission.SEARCHES)
@confirm.first
def create_own() -> Response:
    """A token of this reader's own; shown once, too."""
    try:
        with writing(readers.engine()) as connection:
            text = management.create_member_token(
                connection,
                readers.act(),
                _me(connection),
                name=params.field("own_name"),
                lifetime=_lifetime(),
            )
    except BadInput as error:
        return _list(error=error)
    return _list(new_token=text)


@blueprint.get("/<int:token_id>")
@readers.needs(Permission.SEARCHES)
def show(token_id: int) -> Response:
    """One token: what it may do, how long, and what can be done with it."""
    with reading(readers.engine()) as connection:
        return _one(connection, _find(connection, token_id))


@blueprint.post("/<int:token_id>/rotate")
@readers.needs(Permission.SEARCHES)
@confirm.first
def rotate(token_id: int) -> Response:
    """A new secret in place of the present one, which may stay good for a while."""
    with writing(readers.engine()) as connection:
        token = _find(connection, token_id)
        if token.person_id not in {None, readers.reader().person_id}:
            abort(404)  # whoever looks after tokens may end those of others, not have them
        try:
            overlap = params.chosen_field("overlap", management.OVERLAPS)
            text = management.replace_secret(
                connection,
                readers.act(),
                token,
                _owner(connection, token),
                overlap=overlap,
                lifetime=_lifetime(),
            )
        except BadInput as error:
            return _one(connection, token, error=error)
        return _one(connection, _find(connection, token_id), new_token=text, kept=overlap)


@blueprint.post("/<int:token_id>/revoke")
@readers.needs(Permission.SEARCHES)
def revoke(token_id: int) -> Response:
    """Let a token open nothing from now on."""
    with writing(readers.engine()) as connection:
        token = _find(connection, token_id)
        if not management.revoke(connection, readers.act(), token, _owner(connection, token)):
            abort(404)
    return fragments.see_other(PATH)


def _list(new_token: str = "", error: BadInput | None = None) -> Response:
    reader = readers.reader()
    with reading(readers.engine()) as connection:
        names = {person.id: person.name for person in people.list_people(connection)}
        every = tokens.list_tokens(connection, reader.workspace.id) if _may_all() else []
        members = tokens.list_member_tokens(connection, reader.workspace.id)
    return fragments.render(
        _LIST,
        _LIST,
        400 if error else 200,
        tokens=every,
        own=[each for each in members if each.person_id == reader.person_id],
        others=[each for each in members if _may_all() and each.person_id != reader.person_id],
        names=names,
        new_token=new_token,
        error=error,
        is_demo=reader.workspace.kind == "demo",
        **_choices(),
    )


def _one(
    connection: Connection,
    token: Token,
    new_token: str = "",
    kept: str = "",
    error: BadInput | None = None,
) -> Response:
    owner = _owner(connection, token)
    maker = people.find_person_by_id(connection, token.created_by) if token.created_by else None
    return fragments.render(
        _ONE,
        _ONE,
        400 if error else 200,
        token=token,
        owner=owner,
        maker=maker.name if maker else "",
        is_mine=token.person_id in {None, readers.reader().person_id},
        new_token=new_token,
        kept=management.OVERLAPS[kept] if kept and kept != "0" else "",
        error=error,
        **_choices(),
    )


def _choices() -> dict[str, object]:
    return {
        "now": readers.now(),
        "lifetimes": tuple(management.LIFETIMES.items()),
        "lifetime": management.DEFAULT_LIFETIME,
        "overlaps": tuple(management.OVERLAPS.items()),
        "overlap": management.DEFAULT_OVERLAP,
    }


def _find(connection: Connection, token_id: int) -> Token:
    reader = readers.reader()
    found = tokens.find_token_by_id(connection, reader.workspace.id, token_id)
    if found is None or not (_may_all() or found.person_id == reader.person_id):
        abort(404)
    return found


def _may_all() -> bool:
    return readers.reader().may(Permission.TOKENS)


def _owner(connection: Connection, token: Token) -> Person | None:
    if token.kind != MEMBER or token.person_id is None:
        return None
    return people.find_person_by_id(connection, token.person_id)


def _me(connection: Connection) -> Person:
    return people.find_person_by_id(connection, readers.reader().person_id) or abort(401)


def _lifetime() -> str:
    return params.chosen_field("lifetime", management.LIFETIMES)
