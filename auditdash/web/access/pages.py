"""Access as of any moment: all of it, one person or thing, what is different, what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from flask import Blueprint, Response, abort
from msgspec import structs
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.downloads.orders.access import ACCESS, AccessOrder
from auditdash.events.instants import Instant
from auditdash.queries.access import difference as between
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.rows import Sight, open_sight
from auditdash.search.errors import QueryError
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.access import cards, view
from auditdash.web.access.asked import (
    KINDS,
    PATH,
    Asked,
    read_asked,
    read_earlier,
    read_node,
)
from auditdash.web.keeping import results as keeping
from auditdash.web.keeping.results import Context
from auditdash.web.taking.files import FORM, METHODS, answer_file, asking, frozen_scope

blueprint = Blueprint("access", __name__, url_prefix=PATH)

_PAGE: Final = "access/page.html"
_ONE: Final = "access/one.html"
_DIFFERENCES: Final = "access/differences.html"
_ODD: Final = "access/contradictions.html"
_MOST_PAGES: Final = 1_000_000
# What is told outside of the results: on each page, and on that of one person or thing.
_FRAME: Final = (
    *("asked", "moment", "said", "first", "too_early", "is_empty", "baselines"),
    *("start_href", "differences_href", "thawed_href"),
)
_OF_ONE: Final = ("node", "arguments", "reached", "profile_href", "events_href")


@blueprint.get("")
@readers.needs(Permission.READ)
def show() -> Response:
    """All access as it was given, as of `?on=`, narrowed by `?q=`."""
    clock = readers.clock()
    asked = read_asked(clock)

    def tell(sight: Sight, query: Query) -> Context:
        return cards.standing(sight, query, asked, clock, _number())

    try:
        query = params.query()
        with reading(readers.engine()) as connection:
            question = _question("access/_standing.html", query, asked, clock)
            results = _find_results(connection, question, asked, tell)
    except QueryError as error:
        return _answer_error(asked, error)
    if not results.told["is_empty"]:
        _record("access", asked, clock)
    return fragments.render(_PAGE, _PAGE, 200, results=results.html, **results.told)


@blueprint.get("/one")
@readers.needs(Permission.READ)
def show_one() -> Response:
    """One person: what they reach. One connection, collection or group: who reaches it."""
    clock = readers.clock()
    asked, key = read_asked(clock), read_node()
    _record("access-one", asked, clock, which=key[2] or key[1] or key[0])
    try:
        query = params.query()
        with reading(readers.engine()) as connection:
            sight = open_sight(connection, _scope(asked))
            found = sight.picture.nodes.find(*key)
            if found is None:
                return _answer_unknown(sight, asked, Node(*key))
            question = _question("access/_one.html", query, asked, clock, key)

            def tell(sight: Sight, query: Query) -> Context:
                return cards.one(sight, found, query, asked, clock, _number())

            results = _find_results(connection, question, asked, tell, _OF_ONE)
    except QueryError as error:
        return _answer_error(asked, error)
    return fragments.render(_ONE, _ONE, 200, results=results.html, **results.told)


@blueprint.get("/differences")
@readers.needs(Permission.READ)
def show_differences() -> Response:
    """What is different between `?from=` and `?on=`."""
    clock = readers.clock()
    asked = read_asked(clock)
    earlier = read_earlier(clock, asked.moment)
    kind = params.choice("kind", ("", *between.KINDS), "")

    def tell(sight: Sight, query: Query) -> Context:
        return cards.differences(sight, query, asked, clock, earlier, kind, _number())

    try:
        query = params.query()
        with reading(readers.engine()) as connection:
            question = _question("access/_differences.html", query, asked, clock, (earlier, kind))
            results = _find_results(connection, question, asked, tell, ("earlier",))
    except QueryError as error:
        return _answer_error(asked, error)
    _record("access-differences", asked, clock)
    return fragments.render(_DIFFERENCES, _DIFFERENCES, 200, results=results.html, **results.told)


@blueprint.get("/contradictions")
@readers.needs(Permission.READ)
def show_contradictions() -> Response:
    """What in the feed does not fit together."""
    clock = readers.clock()
    asked = read_asked(clock)
    kind = params.choice("kind", ("", *view.ODD), "")

    def tell(sight: Sight, _: Query) -> Context:
        return cards.oddities(sight, asked, clock, kind, _number())

    with reading(readers.engine()) as connection:
        question = _question("access/_contradictions.html", Query(), asked, clock, kind)
        results = _find_results(connection, question, asked, tell)
    _record("access-contradictions", asked, clock)
    return fragments.render(_ODD, _ODD, 200, results=results.html, **results.told)


@blueprint.route(f"/<name>.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD)
def download(name: str, form: str) -> Response:
    """One table whole, as its page shows it."""
    table = next((each for each in ACCESS if each == name), None)
    if table is None:
        abort(404)
    clock, scope, query = readers.clock(), frozen_scope(), params.query()
    asked = read_asked(clock)
    order = AccessOrder(
        name=table,
        at=asked.moment.at,
        earlier=read_earlier(clock, asked.moment).at,
        kind=params.choice("kind", (*KINDS, *between.KINDS, *view.ODD, ""), ""),
        node=(params.text("kind"), params.exact("id") or None, params.exact("name") or None),
    )
    with reading(readers.engine()) as connection:
        if not order.exists(asking(scope, query)(connection)):
            abort(404)
    _record("access-file", asked, clock, table=name, form=form)
    return answer_file(order, form, scope, query)


def _number() -> int:
    return params.number("page", 1, 1, _MOST_PAGES)


def _question(
    template: str, query: Query, asked: Asked, clock: Clock, more: Hashable = ()
) -> keeping.Asked:
    """What the results depend on. As of now they are what they are until a fact comes to pass."""
    moment = asked.moment if asked.moment.day else structs.replace(asked.moment, at=Instant(0))
    return keeping.Asked(
        template=template,
        text=asked.text,
        query=query,
        scope=_scope(asked),
        clock=clock,
        watched=keeping.of_categories(*keeping.ACCESS),
        more=(structs.replace(asked, moment=moment), more, _number()),
    )


def _find_results(
    connection: Connection,
    question: keeping.Asked,
    asked: Asked,
    tell: Callable[[Sight, Query], Context],
    told: tuple[str, ...] = (),
) -> keeping.Results:
    """What `tell` tells, written; the frame of each page is told besides."""

    def make() -> keeping.Made:
        sight = open_sight(connection, question.scope)
        context = tell(sight, question.query)
        until = cards.holds_until(sight, asked, question.clock, context.get("lanes"))
        return keeping.Made(context=context, told=(*_FRAME, *told), until=until)

    return keeping.find_results(connection, question, make)


def _scope(asked: Asked) -> Scope:
    scope = readers.scope()
    return structs.replace(scope, highest_seq=asked.seq or None)


def _record(what: str, asked: Asked, clock: Clock, **context: str) -> None:
    readers.record_access(what, asked.text, moment=asked.moment.said(clock), **context)


def _answer_unknown(sight: Sight, asked: Asked, node: Node) -> Response:
    """404 for someone whose access no event in sight is about, with all who were ever called so."""
    nodes = sight.picture.nodes
    called = nodes.find_called(node.label, KINDS) if node.label else []
    context = {
        "asked": asked,
        "name": node.label or node.kind,
        "called": [view.node_view(nodes.node(each), asked) for each in called],
        "start_href": asked.href(),
    }
    return fragments.render("access/unknown.html", "access/unknown.html", 404, **context)


def _answer_error(asked: Asked, error: QueryError) -> Response:
    """400, with what is wrong with the query."""
    context = {"asked": asked, "error": error, "moment": asked.moment}
    return fragments.render(_PAGE, _PAGE, 400, **context)
