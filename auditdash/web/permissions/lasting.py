"""How long access lasted: what was taken again soon, what was given long ago and never taken."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.charts import links
from auditdash.downloads.orders.events import LastingOrder
from auditdash.downloads.permission_rows import unknown_text
from auditdash.events.event import Event
from auditdash.events.instants import DAY, Instant
from auditdash.events.periods import Period
from auditdash.queries.permission_answers.lasting import Lasted, Lasting, find_lasting, span_of
from auditdash.queries.permission_changes import find_first_recorded
from auditdash.queries.timeline import count_events, has_events
from auditdash.search.edit import atom_of
from auditdash.search.errors import QueryError
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame.event_fields import actor_href
from auditdash.web.frame.permissions_view import ChangeView, change_view
from auditdash.web.frame.question import bar, link
from auditdash.web.keeping.results import (
    ACCESS,
    Asked,
    Context,
    Made,
    find_results,
    of_categories,
)
from auditdash.web.permissions.acts_view import lasted_text, said_longer
from auditdash.web.permissions.tabs import PATH, tabs
from auditdash.web.summaries.answers import answer_error, file_href
from auditdash.web.taking.files import FORM, METHODS, answer_file, frozen_scope

blueprint = Blueprint("permission_lasting", __name__)

LASTING: Final = f"{PATH}/lasting"
_PAGE: Final = "permissions/lasting.html"
_RESULTS: Final = "permissions/_lasting.html"
_WATCHED: Final = of_categories("exports", *ACCESS)  # by an export access was used
_WITHIN, _OLDER = 7, 90  # days
_LONGEST: Final = 3650
_ROWS: Final = 15
_MOST: Final = 500
_NOUNS: Final = {"connections": "connection", "collections": "collection"}
_EXPORT: Final = Term("is", (Atom("export"),))


class LastedView(Struct, frozen=True, kw_only=True):
    """One access that was given. `uses` is None where no event can tell; `uses_href` shows them."""

    given: ChangeView
    taken: ChangeView | None
    lasted: str
    person: str
    uses: int | None
    uses_href: str


@blueprint.get(LASTING)
@readers.needs(Permission.READ)
def show() -> Response:
    """Grants of what is asked by how long they lasted; `within` and `older` are days."""
    text = params.query_text()
    try:
        query = params.query()
    except QueryError as error:
        return answer_error(_PAGE, LASTING, text, error)
    within, older = _days()
    whole = params.choice("all", ("", "temporary", "standing"), "")
    clock, scope = readers.clock(), readers.scope()
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        asked = Asked(
            template=_RESULTS,
            text=text,
            query=query,
            scope=scope,
            clock=clock,
            watched=_WATCHED,
            more=(within, older, whole, filled),
        )
        results = find_results(
            connection, asked, lambda: _made(connection, asked, within, older, whole, filled)
        )
    if filled:
        readers.record_access("permission-lasting", text)
    return fragments.render(
        _PAGE,
        _PAGE,
        200,
        bar=bar(LASTING, text, query, clock),
        tabs=tabs(LASTING, text),
        results=results.html,
        **results.told,
    )


@blueprint.route(f"{LASTING}.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD)
def download(form: str) -> Response:
    """All of both kinds."""
    query, scope = params.query(), frozen_scope()
    within, older = _days()
    readers.record_access("permissions-file", params.query_text(), form=form, table="lasting")
    return answer_file(LastingOrder(within=within, older=older), form, scope, query)


def _days() -> tuple[int, int]:
    return (
        params.number("within", _WITHIN, 1, _LONGEST),
        params.number("older", _OLDER, 0, _LONGEST),
    )


def _made(
    connection: Connection, asked: Asked, within: int, older: int, whole: str, filled: bool
) -> Made:
    """What permissions/_lasting.html shows."""
    text, query, scope, clock = asked.text, asked.query, asked.scope, asked.clock
    found = find_lasting(
        connection,
        query,
        scope,
        clock,
        within=within * DAY,
        older=older * DAY,
        limit=_MOST if whole else _ROWS,
    )
    first = find_first_recorded(connection, scope)
    unknown = unknown_text(first, clock.zone)
    chosen = {"within": within, "older": older}
    names = ("temporary", "standing")
    context: Context = {
        name: [_view(connection, each, scope, clock, unknown) for each in some]
        for name, some in zip(names, (found.temporary, found.standing), strict=True)
    }
    context |= {
        "path": LASTING,
        "is_empty": not filled and not found.grants,
        "text": text,
        "found": found,
        "first_recorded": first,
        "within": within,
        "older": older,
        "csv_href": file_href(connection, f"{LASTING}.csv", text, **chosen),
        "hrefs": {name: f"{link(LASTING, text, all=name, **chosen)}#{name}" for name in names},
        "whole": whole,
    }
    return Made(context=context, told=("first_recorded",), until=_until(found, clock))


def _until(found: Lasting, clock: Clock) -> Instant | None:
    """Up to when another one is not older than chosen, and no age that is shown another one."""
    ages = [clock.now - each.given.event.occurred_at for each in found.standing]
    ends = [Instant(clock.now + said_longer(age)) for age in ages]
    return min([*ends, *([] if found.until is None else [found.until])], default=None)


def _view(
    connection: Connection, lasted: Lasted, scope: Scope, clock: Clock, unknown: str
) -> LastedView:
    start, end = span_of(lasted, clock.now)
    asked = _uses(lasted.given.event, start, end, clock)
    subject = lasted.given.event.subject
    return LastedView(
        given=change_view(lasted.given, unknown),
        taken=change_view(lasted.taken, unknown) if lasted.taken else None,
        lasted=lasted_text(end - start),
        person=actor_href(subject.name or subject.id or ""),
        uses=None if asked is None else count_events(connection, asked, scope, clock),
        uses_href="" if asked is None else link("/timeline", links.link(asked)),
    )


def _uses(event: Event, start: Instant, end: Instant, clock: Clock) -> Query | None:
    """The exports by the person in the time that name what access was to. None where no event can
    tell: a group does not export, and being in a group or in the workspace names nothing."""
    noun = _NOUNS.get(event.category)
    who = event.subject.name or event.subject.id
    what = event.entity.name
    if noun is None or who is None or what is None or event.subject.type != "member":
        return None
    path = f"context.{noun}_name"
    terms = (Term("actor", (atom_of("actor", who),)), _EXPORT, Term(path, (atom_of(path, what),)))
    return links.within(query_of(terms), Period(start, Instant(max(end, start + 1))), clock)
