"""Why is my event not here? Which part of a query keeps an event out, or where it is."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from markupsafe import Markup
from msgspec import Struct, structs
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.events.event import Event
from auditdash.events.folding import storable
from auditdash.queries.evidence import find_population
from auditdash.queries.explore.lookup import (
    find_marks,
    find_place,
    find_rejected_with,
    look_up,
)
from auditdash.queries.timeline import Cursor, cursor_text
from auditdash.search.errors import QueryError
from auditdash.search.help.why import Reason, explain
from auditdash.search.print import print_query
from auditdash.search.query import Atom, Node, Not, Query, Span, Term, query_of, walk
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame.explorer import said
from auditdash.web.frame.question import Bar, link

blueprint = Blueprint("why", __name__)

PATH: Final = "/timeline/why"
_TIMELINE: Final = "/timeline"
_PAGE: Final = "why/page.html"
_HIGHEST: Final = 2**62
_LONGEST: Final = 2_000  # of what is pasted
_NOT_OURS: Final = query_of((Not(Term("source", (Atom(readers.SOURCE),))),))
_MARKS: Final = frozenset({"late", "first-seen"})


class ReasonView(Struct, frozen=True, kw_only=True):
    """One term that keeps the event out; `without` is the view that does not ask for its part."""

    text: str
    sentence: str
    negated: bool
    without: str


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of one event: `reasons` keep it out, or `hidden` (it came after the view was
    frozen), or else it is the row `place`, which `shown` leads to. `without_all` lets go of all."""

    event: Event
    said: Markup
    reasons: tuple[ReasonView, ...]
    is_either: bool
    hidden: bool
    place: int | None
    shown: str
    without_all: str
    live: str


@blueprint.get(PATH)
@readers.needs(Permission.READ, scoped=True)
def page() -> Response:
    """The answer for the event of `?id=` and the view of `?q=` and `?seq=`."""
    text, given = params.query_text(), storable(params.exact("id"))[:_LONGEST]
    frozen = params.number("seq", 0, 0, _HIGHEST)
    context: dict[str, object] = {
        "text": text,
        "given": given,
        "frozen": frozen,
        "path": PATH,
        "back": link(_TIMELINE, text, **_kept(frozen)),
    }
    try:
        query = params.query()
    except QueryError as error:
        return fragments.render(
            _PAGE, _PAGE, 400, bar=Bar(path=PATH, text=text, error=error), **context
        )
    if given.strip():
        readers.record_access("why", text, which=given)
        with reading(readers.engine()) as connection:
            context |= _answer(connection, query, given, frozen)
    return fragments.render(_PAGE, _PAGE, 200, **context)


def _answer(connection: Connection, query: Query, given: str, frozen: int) -> dict[str, object]:
    scope, clock = readers.scope(), readers.clock()
    found = look_up(connection, scope, given)
    if found:
        verdicts = [_judge(connection, each, query, scope, clock, frozen) for each in found]
        return {"verdicts": verdicts}
    return {
        "rejected": find_rejected_with(connection, scope, given) if _may_see_rejected() else (),
        "covered": find_population(connection, _NOT_OURS, scope, clock),
    }


def _may_see_rejected() -> bool:
    """Records that wait are of no scope yet, and as they came."""
    return readers.reader().may(Permission.INTAKE)


def _judge(
    connection: Connection, event: Event, query: Query, scope: Scope, clock: Clock, frozen: int
) -> Verdict:
    marks = find_marks(connection, event, _marks_asked(query), scope, clock)
    home = ZoneInfo(readers.reader().workspace.zone)
    reasons = explain(query, event, clock, marks, home)
    hidden = bool(frozen) and event.seq > frozen
    seen = structs.replace(scope, highest_seq=frozen or None)
    is_here = not reasons and not hidden
    kept = _kept(frozen)
    return Verdict(
        event=event,
        said=said(event),
        reasons=tuple(_reason(each, query, kept) for each in reasons),
        is_either=any(each.group for each in reasons),
        hidden=hidden,
        place=find_place(connection, query, event, seen, clock) if is_here else None,
        shown=_shown(event, query, kept) if is_here else "",
        without_all=_without(query, [each.span for each in reasons], kept),
        live=link(_TIMELINE, print_query(query)),
    )


def _kept(frozen: int) -> dict[str, int]:
    """What keeps a view frozen, to stand in each of its addresses."""
    return {"seq": frozen} if frozen else {}


def _marks_asked(query: Query) -> list[str]:
    """The marks that the query asks for and that were decided when an event came."""
    values = (
        value.text
        for node in walk(query.node)
        if isinstance(node, Term) and node.field == "is"
        for value in node.values
        if isinstance(value, Atom)
    )
    return sorted(_MARKS.intersection(values))


def _reason(reason: Reason, query: Query, kept: dict[str, int]) -> ReasonView:
    return ReasonView(
        text=reason.text,
        sentence=reason.sentence[:1].upper() + reason.sentence[1:],
        negated=reason.negated,
        without=_without(query, [reason.span], kept),
    )


def _without(query: Query, spans: list[Span], kept: dict[str, int]) -> str:
    """The view without the parts in which these terms stand."""
    parts = tuple(part for part in query.parts if not any(_has(part, span) for span in spans))
    return link(_TIMELINE, print_query(query_of(parts, query.order)), **kept)


def _has(part: Node, span: Span) -> bool:
    return part.span.start <= span.start and span.end <= part.span.end


def _shown(event: Event, query: Query, kept: dict[str, int]) -> str:
    """The page of the timeline that begins with the event."""
    before = event.seq - 1 if query.order == "created-asc" else event.seq + 1
    after = cursor_text(Cursor(event.occurred_at, before))
    return link(_TIMELINE, print_query(query), after=after, **kept)
