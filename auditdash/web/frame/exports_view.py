"""The exports summary made ready for its templates: every number with the query of its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.charts import links
from auditdash.events.catalogue import action_label
from auditdash.events.instants import Instant, to_datetime
from auditdash.events.periods import Period, is_night
from auditdash.events.wording import day_text
from auditdash.queries.data_exports import (
    Burst,
    Exported,
    Exporter,
    ExportSummary,
    export_actions,
)
from auditdash.queries.exports.days import BusiestDay
from auditdash.search.edit import atom_of
from auditdash.search.help.sentence import zone_name
from auditdash.search.period import frozen
from auditdash.search.query import Atom, Node, Not, Present, Query, Term, query_of
from auditdash.web.frame.question import link

OFF_HOURS: Final = Term("is", (Atom("off-hours"),))
_AT_NIGHT: Final = Term("is", (Atom("night"),))
_TIMELINE: Final = "/timeline"
_MOST: Final = 12
_MOST_BURSTS: Final = 10
_SHORT: Final = {
    "export_data_sql_exported": "SQL",
    "export_data_report_exported_csv": "CSV",
    "export_data_report_exported_pdf": "PDF",
}


class Count(Struct, frozen=True):
    """A number and the address of its events, "" where no query can ask for them."""

    value: int
    href: str = ""


class KindView(Struct, frozen=True, kw_only=True):
    """One way of exporting: `slug` has its colour."""

    slug: str
    label: str
    short: str
    count: Count


class BurstView(Struct, frozen=True, kw_only=True):
    """What a person did without a pause, in words; `who` is None when nobody is named."""

    who: str | None
    times: str
    when: str
    elsewhere: str
    usual: str
    href: str


class RowView(Struct, frozen=True, kw_only=True):
    """One person or one report. `others` counts their reports or its people, by the same events."""

    name: str | None
    note: str
    count: Count
    kinds: tuple[Count, ...]
    others: Count
    bursts: int
    nights: Count
    by_habit: bool
    off_hours: Count
    is_new: bool
    first_ever_at: Instant
    last_at: Instant


class Noticed(Struct, frozen=True, kw_only=True):
    """People who did something for the first time or unlike themselves; `more` are left out."""

    label: str
    people: tuple[tuple[str | None, Count], ...]
    more: int


def narrow_to_exports(query: Query, *nodes: Node) -> Query:
    """What was asked, of exports alone, and of what the nodes say besides."""
    exports = Term("category", (Atom("exports"),))
    more = tuple(node for node in (exports, *nodes) if node not in query.parts)
    return query_of((*query.parts, *more), query.order)


def events_href(query: Query, *nodes: Node) -> str:
    """The timeline of the exports that were asked for and that the nodes narrow; "" if too long."""
    text = links.link(narrow_to_exports(query, *nodes))
    return link(_TIMELINE, text) if text else ""


def kind_views(summary: ExportSummary, query: Query) -> tuple[KindView, ...]:
    """Every way of exporting, in the catalogue's order."""
    return tuple(
        KindView(
            slug=action,
            label=action_label(action),
            short=_SHORT.get(action, action_label(action)),
            count=Count(summary.by_action.get(action, 0), events_href(query, _of_kind(action))),
        )
        for action in export_actions()
    )


def person_views(people: Sequence[Exporter], query: Query) -> tuple[RowView, ...]:
    """One row for each person."""
    return tuple(
        RowView(
            name=person.name,
            note="",
            count=Count(person.count, events_href(query, *by_person(person))),
            kinds=_kinds(person, query, by_person(person)),
            others=Count(person.reports, events_href(query, *by_person(person))),
            bursts=len(person.bursts),
            nights=_nights(person, query, by_person(person)),
            by_habit=person.by_habit,
            off_hours=_off_hours(person, query, by_person(person)),
            is_new=person.is_new,
            first_ever_at=person.first_ever_at,
            last_at=person.last_at,
        )
        for person in people
    )


def noticed_people(summary: ExportSummary, query: Query, *, shows_new: bool) -> tuple[Noticed, ...]:
    """Whom the largest numbers would hide: first exports ever, and nights that are no habit."""
    new = summary.new if shows_new else ()
    first = [
        (each.name, Count(each.count, events_href(query, *by_person(each)))) for each in new[:_MOST]
    ]
    awake = summary.awake[:_MOST]
    nights = [(each.name, _nights(each, query, by_person(each))) for each in awake]
    found = (
        ("For the first time ever", first, len(new)),
        ("At night, unlike them", nights, len(summary.awake)),
    )
    return tuple(
        Noticed(label=label, people=tuple(people), more=count - len(people))
        for label, people, count in found
        if people
    )


def report_views(reports: Sequence[Exported], query: Query) -> tuple[RowView, ...]:
    """One row for each report."""
    return tuple(
        RowView(
            name=report.name or report.id,
            note=(report.id or "") if report.name else "",
            count=Count(report.count, events_href(query, *_of_report(report))),
            kinds=_kinds(report, query, _of_report(report)),
            others=Count(report.people, events_href(query, *_of_report(report))),
            bursts=0,
            nights=_nights(report, query, _of_report(report)),
            by_habit=True,
            off_hours=_off_hours(report, query, _of_report(report)),
            is_new=report.is_new,
            first_ever_at=report.first_ever_at,
            last_at=report.last_at,
        )
        for report in reports
    )


def burst_views(
    summary: ExportSummary, query: Query, zone: ZoneInfo, home: ZoneInfo
) -> tuple[BurstView, ...]:
    """The largest bursts; `zone` is the reader's, `home` the workspace's."""
    return tuple(
        BurstView(
            who=person.name,
            times=f"exported {burst.count:,} times",
            when=f"{_span_text(burst, zone)} ({zone_name(zone)})",
            elsewhere=_elsewhere(burst, zone, home),
            usual=_usual_text(burst, person.day),
            href=events_href(query, *by_person(person), _during(_period(burst))),
        )
        for person, burst in summary.bursts[:_MOST_BURSTS]
    )


def by_person(person: Exporter) -> tuple[Node, ...]:
    """What a query says of a person, and of nobody else."""
    if person.name is None:
        return (Not(Term("actor", (Present(),))),)
    others = (Not(_term("actor", name)) for name in person.namesakes)
    return (_term("actor", person.name), *others)


def _of_report(report: Exported) -> tuple[Node, ...]:
    if report.id:
        return (_term("entity_id", report.id),)
    if report.name:
        return (_term("entity", report.name), Not(Term("entity_id", (Present(),))))
    return (Not(Term("entity", (Present(),))),)


def _of_kind(action: str) -> Node:
    return Term("action", (Atom(action, quoted=True),))


def _during(period: Period) -> Node:
    return Term("created", (frozen(period),))


def _term(field: str, value: str) -> Term:
    return Term(field, (atom_of(field, value),))


def _kinds(row: Exporter | Exported, query: Query, nodes: Sequence[Node]) -> tuple[Count, ...]:
    return tuple(
        Count(
            row.by_action.get(action, 0),
            events_href(query, *nodes, _of_kind(action)) if row.by_action.get(action) else "",
        )
        for action in export_actions()
    )


def _nights(row: Exporter | Exported, query: Query, nodes: Sequence[Node]) -> Count:
    if not row.nights:
        return Count(0)
    return Count(row.nights, events_href(query, *nodes, _AT_NIGHT))


def _off_hours(row: Exporter | Exported, query: Query, nodes: Sequence[Node]) -> Count:
    if not row.off_hours:
        return Count(0)
    return Count(row.off_hours, events_href(query, *nodes, OFF_HOURS))


def _period(burst: Burst) -> Period:
    return Period(burst.start, Instant(burst.end + 1))


def _span_text(burst: Burst, zone: ZoneInfo) -> str:
    """`between 01:00 and 03:29 on 9 November 2026`, or with both days."""
    start, end = (f"{to_datetime(each, zone):%H:%M}" for each in (burst.start, burst.end))
    first, last = day_text(burst.start, zone), day_text(burst.end, zone)
    if first == last:
        return f"between {start} and {end} on {last}"
    return f"between {start} on {first} and {end} on {last}"


def _elsewhere(burst: Burst, zone: ZoneInfo, home: ZoneInfo) -> str:
    """By the workspace's own clock, where the reader's is another one or it was night."""
    night = ", at night" if is_night(burst.start, home) else ""
    if home == zone:
        return f"That was{night.removeprefix(',')}." if night else ""
    start, end = (f"{to_datetime(each, home):%H:%M}" for each in (burst.start, burst.end))
    return f"In {zone_name(home)} it was {start} to {end}{night}."


def _usual_text(burst: Burst, day: BusiestDay) -> str:
    peers = f" Peers’ median on theirs: {day.peers.median:g}." if day.peers.days else ""
    if not burst.usual:
        return f"On no other day did they export anything.{peers}"
    return f"On a usual day: {burst.usual:g}.{peers}"
