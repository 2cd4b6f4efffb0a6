"""What changed: between any two periods, or since the last report."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.downloads.orders.summaries import ChangedOrder
from auditdash.events.instants import Instant
from auditdash.events.periods import local_date
from auditdash.queries.access.difference import find_difference
from auditdash.queries.access.rows import open_sight
from auditdash.queries.changed.compare import KINDS, compare, during, narrowed
from auditdash.queries.timeline import count_events, find_highest_seq, has_events
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.query import Query, conjunction, disjunction, query_of
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.store.report_runs import ReportRun, list_runs
from auditdash.web import fragments, params, readers
from auditdash.web.changed import changed_view
from auditdash.web.changed.asked import (
    PATH,
    Asked,
    Days,
    last_days,
    last_month,
    last_quarter,
    read_asked,
    since,
)
from auditdash.web.frame.question import bar, link
from auditdash.web.keeping import results as keeping
from auditdash.web.summaries.answers import answer_error
from auditdash.web.taking.files import FORM, METHODS, answer_file, frozen_scope

blueprint = Blueprint("changed", __name__)

_PAGE: Final = "changed/page.html"
_RESULTS: Final = "changed/_results.html"
_FIRST_ROWS: Final = 8
_MOST_ROWS: Final = 500


@blueprint.get(PATH)
@readers.needs(Permission.READ)
def show() -> Response:
    """Both periods compared; `all` names the kind that is shown whole."""
    text, clock, scope = params.query_text(), readers.clock(), readers.scope()
    asked = read_asked(clock)
    whole = params.choice("all", ("", *(kind.name for kind in KINDS)), "")
    try:
        query = params.query()
    except QueryError as error:
        return answer_error(_PAGE, PATH, text, error)
    with reading(readers.engine()) as connection:
        filled = has_events(connection, scope, readers.SOURCE)
        question = keeping.Asked(
            template=_RESULTS,
            text=text,
            query=query,
            scope=scope,
            clock=clock,
            watched=_watched(query, clock, asked),
            more=(asked, whole, readers.settings().domains),
        )
        results = keeping.find_results(
            connection, question, lambda: _made(connection, question, asked, whole)
        )
        presets = _presets(connection, scope, clock, asked)
    if filled:
        readers.record_access("changed", text, **_days_said(asked))
    return fragments.render(
        _PAGE,
        _PAGE,
        200,
        bar=bar(PATH, text, query, clock),
        is_empty=not filled,
        asked=asked,
        presets=presets,
        results=results.html,
    )


@blueprint.route(f"{PATH}.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD)
def download(form: str) -> Response:
    """All of it as one file."""
    query, clock, scope = params.query(), readers.clock(), frozen_scope()
    asked = read_asked(clock)
    earlier, later = asked.earlier.period(clock), asked.later.period(clock)
    readers.record_access("changed-file", params.query_text(), form=form, **_days_said(asked))
    order = ChangedOrder(
        earlier=(earlier.start, earlier.end),
        later=(later.start, later.end),
    )
    return answer_file(order, form, scope, query)


def _watched(query: Query, clock: Clock, asked: Asked) -> Query:
    """What is asked in either period, and whatever changes access."""
    periods = (during(each.period(clock)) for each in (asked.earlier, asked.later))
    counted = narrowed(query, disjunction(tuple(periods)))
    access = keeping.of_categories(*keeping.ACCESS)
    return query_of((disjunction((conjunction(counted.parts), *access.parts)),))


def _made(
    connection: Connection, question: keeping.Asked, asked: Asked, whole: str
) -> keeping.Made:
    """What changed/_results.html shows."""
    text, query, scope, clock = question.text, question.query, question.scope, question.clock
    frozen = Asked(edit.freeze(text, clock), asked.earlier, asked.later)
    highest = find_highest_seq(connection, scope)
    return keeping.Made(
        context={
            "csv_href": frozen.href(f"{PATH}.csv", seq=highest),
            **_compared(connection, query, scope, clock, asked, whole),
            **_access(connection, query, scope, clock, asked),
        }
    )


def _days_said(asked: Asked) -> dict[str, str]:
    earlier, later = asked.earlier, asked.later
    return {
        "later": f"{later.first} to {later.last}",
        "earlier": f"{earlier.first} to {earlier.last}",
    }


def _compared(
    connection: Connection, query: Query, scope: Scope, clock: Clock, asked: Asked, whole: str
) -> dict[str, object]:
    both = (asked.earlier, asked.later)
    earlier, later = (each.period(clock) for each in both)
    narrow = [narrowed(query, during(each)) for each in (earlier, later)]
    totals = [count_events(connection, each, scope, clock) for each in narrow]
    return {
        "days": [changed_view.days_text(each, clock) for each in both],
        "totals": totals,
        "total_hrefs": [changed_view.events_href(each) for each in narrow],
        "kinds": [
            changed_view.kind_view(
                each,
                query,
                asked,
                _MOST_ROWS if each.kind.name == whole else _FIRST_ROWS,
                _MOST_ROWS,
            )
            for each in compare(
                connection, query, scope, clock, (earlier, later), readers.settings().domains
            )
        ],
    }


def _access(
    connection: Connection, query: Query, scope: Scope, clock: Clock, asked: Asked
) -> dict[str, object]:
    """The delta of access between the last moment before the later period and its end; nothing
    where the query asks for what no access has."""
    period = asked.later.period(clock)
    start, end = (period.start or 0) - 1, (period.end or 0) - 1
    try:
        difference = find_difference(open_sight(connection, scope), start, end, query, clock)
    except QueryError:
        return {"access": []}
    days = {"from": asked.later.before.last.isoformat(), "on": asked.later.last.isoformat()}
    return {
        "access": [
            (kind, count, link("/access/differences", asked.text, kind=kind, **days))
            for kind, count in difference.counts.items()
        ]
    }


def _presets(
    connection: Connection, scope: Scope, clock: Clock, asked: Asked
) -> list[tuple[str, str, bool]]:
    """Periods to choose: since the last report, where there is one, compared with its period."""
    found = [(f"{days} days", last_days(clock, days)) for days in (7, 30, 90)]
    choices = [(label, Asked(asked.text, each.before, each)) for label, each in found]
    choices.append(("Last month", last_month(asked.text, clock)))
    choices.append(("Last quarter", last_quarter(asked.text, clock)))
    report = _last_report(connection, scope)
    if report is not None:
        last = Instant(report.period_end - 1)
        first, last_day = (local_date(at, clock.zone) for at in (report.period_start, last))
        later = since(local_date(report.period_end, clock.zone), clock)
        since_then = Asked(asked.text, Days(first, last_day), later)
        choices.insert(0, ("Since the last report", since_then))
    return [(label, each.href(), each == asked) for label, each in choices]


def _last_report(connection: Connection, scope: Scope) -> ReportRun | None:
    """Of the newest reports that were made the one whose period ends last."""
    runs = list_runs(connection, scope.workspace_id)
    made = [each for each in runs if each.state == "done"]
    return max(made, key=lambda each: each.period_end, default=None)
