"""Saved searches: kept from the box, opened again, changed by their owners alone."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from msgspec import Struct

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.events.folding import storable
from auditdash.events.instants import parse_zone
from auditdash.management import searches
from auditdash.management.searches import Wanted
from auditdash.search.errors import QueryError
from auditdash.search.parse import parse
from auditdash.store.engine import reading, writing
from auditdash.store.saved_searches import (
    LONGEST_NAME,
    SavedSearch,
    find_saved_search,
    list_saved_searches,
)
from auditdash.web import fragments, params, readers
from auditdash.web.frame.saved_view import SavedView, is_same, view_of

blueprint = Blueprint("saved", __name__)

PATH: Final = "/saved"
_ONE: Final = f"{PATH}/<int:search_id>"
_VIEW: Final = "/timeline"


class Draft(Struct, frozen=True, kw_only=True):
    """What stands in a form: what was typed, with what is wrong with it."""

    name: str = ""
    query: str = ""
    shared: bool = False
    zone: str = ""
    name_error: str = ""
    query_error: QueryError | None = None
    other_error: str = ""


@blueprint.get(PATH)
@readers.needs(Permission.READ)
def index() -> Response:
    """All that this reader may open."""
    views = _list(_VIEW)
    return fragments.render(
        "saved/page.html",
        "saved/page.html",
        own=[view for view in views if view.own],
        shared=[view for view in views if not view.own],
    )


@blueprint.get(f"{PATH}/new")
@readers.needs(Permission.SEARCHES)
def new() -> Response:
    """The form that keeps a search; for HTMX the menu at the box, with those kept already."""
    draft = Draft(query=storable(params.query_text()))
    try:
        params.query()
    except QueryError as error:
        draft = _refused(draft, error)
    return _form(draft, params.next_path(_VIEW))


@blueprint.post(PATH)
@readers.needs(Permission.SEARCHES)
def add() -> Response:
    """Keep what stands in the form, with the zone in which the reader looks."""
    reader, draft, path = readers.reader(), _draft(), params.next_path(_VIEW)
    try:
        parse(draft.query)
        with writing(readers.engine()) as connection:
            wanted = _wanted(draft, reader.zone.key)
            search_id = searches.keep(connection, readers.act(), reader.person_id, wanted)
    except BadInput as error:
        return _form(_refused(draft, error), path, 400)
    if fragments.is_fragment():
        return _form(Draft(query=draft.query), path)
    return fragments.see_other(f"{PATH}#search-{search_id}")


@blueprint.get(_ONE)
@readers.needs(Permission.READ)
def show(search_id: int) -> Response:
    """One search: how it can be opened, and for its owner how it can be changed."""
    saved = _find(search_id)
    return _one(saved, Draft(name=saved.name, query=saved.query, shared=saved.shared))


@blueprint.post(_ONE)
@readers.needs(Permission.SEARCHES)
def change(search_id: int) -> Response:
    """Put what stands in the form in its place."""
    saved, draft = _find_own(search_id), _draft()
    try:
        parse(draft.query)
        _change(saved, draft, parse_zone(draft.zone or saved.zone).key)
    except BadInput as error:
        return _one(saved, _refused(draft, error), 400)
    return fragments.see_other(f"{PATH}#search-{search_id}")


@blueprint.post(f"{_ONE}/share")
@readers.needs(Permission.SEARCHES)
def share(search_id: int) -> Response:
    """Let everybody in the workspace open it, or nobody else any more."""
    saved = _find_own(search_id)
    shared = params.chosen_field("shared", ("yes", "no")) == "yes"
    _change(saved, Draft(name=saved.name, query=saved.query, shared=shared), saved.zone)
    return fragments.see_other(f"{PATH}#search-{search_id}")


@blueprint.get(f"{_ONE}/delete")
@readers.needs(Permission.SEARCHES)
def confirm(search_id: int) -> Response:
    """What would be lost, before it is."""
    search = _view(_find_own(search_id), _VIEW)
    return fragments.render("saved/delete.html", "saved/delete.html", search=search)


@blueprint.post(f"{_ONE}/delete")
@readers.needs(Permission.SEARCHES)
def delete(search_id: int) -> Response:
    """Forget a search."""
    saved, mine = _find_own(search_id), readers.reader().person_id
    with writing(readers.engine()) as connection:
        if not searches.delete(connection, readers.act(), mine, saved):
            abort(404)
    return fragments.see_other(PATH)


def _find(search_id: int) -> SavedSearch:
    reader = readers.reader()
    with reading(readers.engine()) as connection:
        found = find_saved_search(connection, reader.workspace.id, reader.person_id, search_id)
    return found or abort(404)


def _find_own(search_id: int) -> SavedSearch:
    """A search that this reader may change; the others are out of reach, also when shared."""
    saved = _find(search_id)
    return saved if saved.person_id == readers.reader().person_id else abort(404)


def _change(saved: SavedSearch, draft: Draft, zone: str) -> None:
    mine, wanted = readers.reader().person_id, _wanted(draft, zone)
    with writing(readers.engine()) as connection:
        if not searches.change(connection, readers.act(), mine, saved, wanted):
            abort(404)


def _wanted(draft: Draft, zone: str) -> Wanted:
    return Wanted(name=draft.name, query=draft.query, zone=zone, shared=draft.shared)


def _draft() -> Draft:
    return Draft(
        name=params.field("name"),
        query=storable(params.field(params.QUERY)),
        shared=params.field("shared") == "1",
        zone=params.field("zone"),
    )


def _refused(draft: Draft, error: BadInput) -> Draft:
    """The form as it was sent, with what is wrong at its place."""
    wrong: dict[str, object] = {}
    if isinstance(error, QueryError):
        wrong["query_error"] = error
    elif error.where == "name":
        wrong["name_error"] = f"{error.what}, expected {error.expected}"
    else:
        wrong["other_error"] = str(error)
    fields = {name: getattr(draft, name) for name in ("name", "query", "shared", "zone")}
    return Draft(**fields, **wrong)  # type: ignore[arg-type]  # each of its own type


def _form(draft: Draft, path: str, status: int = 200) -> Response:
    """The page that keeps a search, or the menu; `path` is the view whose box is asked."""
    views = _list(path.partition("?")[0])
    return fragments.render(
        "saved/new.html",
        "saved/_menu.html",
        status,
        draft=draft,
        next_path=path,
        same=[view for view in views if is_same(view.query, draft.query)],
        searches=views,
        longest=LONGEST_NAME,
    )


def _one(saved: SavedSearch, draft: Draft, status: int = 200) -> Response:
    return fragments.render(
        "saved/one.html",
        "saved/one.html",
        status,
        search=_view(saved, _VIEW),
        draft=draft,
        longest=LONGEST_NAME,
    )


def _list(path: str) -> list[SavedView]:
    reader = readers.reader()
    with reading(readers.engine()) as connection:
        found = list_saved_searches(connection, reader.workspace.id, reader.person_id)
    return [_view(saved, path) for saved in found]


def _view(saved: SavedSearch, path: str) -> SavedView:
    return view_of(saved, path, readers.reader().person_id, readers.clock())
