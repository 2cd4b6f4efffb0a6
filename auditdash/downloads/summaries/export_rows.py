"""The files of the exports summary: people, reports, networks, access gained; one row each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection

from auditdash.downloads.cells import Value
from auditdash.downloads.tables.table import Table, columns_of
from auditdash.events.instants import to_rfc3339
from auditdash.events.wording import sentence
from auditdash.queries.data_exports import Exported, Exporter, ExportSummary
from auditdash.queries.exports.around.gained import Gained, find_both_events
from auditdash.queries.exports.around.networks import Networks
from auditdash.queries.exports.days import BusiestDay
from auditdash.search.scope import Scope

VERSION: Final = 2
_EPOCH: Final = date(1970, 1, 1).toordinal()
_AT_ONCE: Final = 200
KINDS: Final = {
    "sql": "export_data_sql_exported",
    "csv": "export_data_report_exported_csv",
    "pdf": "export_data_report_exported_pdf",
}
PEOPLE: Final = (
    "person",
    "exports",
    *KINDS,
    "reports",
    "at_night",
    "usually_at_night",
    "bursts",
    "first_export_ever_at",
    "last_export_at",
    "first_ever_among_these",
    "off_hours",
    "busiest_day",
    "busiest_day_exports",
    "own_median",
    "own_deviation",
    "own_days",
    "peers_median",
    "peers_deviation",
    "peers",
    "stands_out",
)
REPORTS: Final = (
    "report",
    "report_id",
    "exports",
    *KINDS,
    "people",
    "at_night",
    "first_export_ever_at",
    "last_export_at",
    "first_ever_among_these",
    "off_hours",
)
NETWORKS: Final = (
    "network",
    "exports",
    "people",
    "people_never_here_before",
    "first_export_ever_at",
    "last_export_at",
    "first_ever_among_these",
)
NEW_NETWORKS: Final = ("person", "network", "first_export_at", "exports")
GAINED: Final = (
    "person",
    "gained_at",
    "gained",
    "gained_seq",
    "first_export_at",
    "first_export",
    "first_export_seq",
    "exports_within_24_hours",
)

_PEOPLE: Final = columns_of(
    PEOPLE,
    whole="exports sql csv pdf reports at_night bursts off_hours busiest_day_exports own_days"
    " peers",
    number="own_median own_deviation peers_median peers_deviation",
    day="busiest_day",
)
_REPORTS: Final = columns_of(REPORTS, whole="exports sql csv pdf people at_night off_hours")


def people_table(summary: ExportSummary) -> Table:
    """The header and a row for each person, most exports first. Instants are UTC."""
    return Table(_PEOPLE, iterate_people(summary.people))


def iterate_people(people: Iterable[Exporter]) -> Iterator[tuple[Value, ...]]:
    """One cell for each of PEOPLE."""
    return (
        (
            person.name,
            person.count,
            *(person.by_action.get(action, 0) for action in KINDS.values()),
            person.reports,
            person.nights,
            _yes(person.by_habit),
            len(person.bursts),
            to_rfc3339(person.first_ever_at),
            to_rfc3339(person.last_at),
            _yes(person.is_new),
            person.off_hours,
            *_day_cells(person.day),
        )
        for person in people
    )


def reports_table(summary: ExportSummary) -> Table:
    """The header and a row for each report, most exports first. Instants are UTC."""
    return Table(_REPORTS, iterate_reports(summary.reports))


def iterate_reports(reports: Iterable[Exported]) -> Iterator[tuple[Value, ...]]:
    """One cell for each of REPORTS."""
    return (
        (
            report.name,
            report.id,
            report.count,
            *(report.by_action.get(action, 0) for action in KINDS.values()),
            report.people,
            report.nights,
            to_rfc3339(report.first_ever_at),
            to_rfc3339(report.last_at),
            _yes(report.is_new),
            report.off_hours,
        )
        for report in reports
    )


def networks_table(networks: Networks) -> Table:
    """The header and a row for each network, most exports first. Instants are UTC."""
    rows: Iterator[tuple[Value, ...]] = (
        (
            each.name or "",
            each.count,
            each.people,
            each.new_people,
            to_rfc3339(each.first_ever_at),
            to_rfc3339(each.last_at),
            _yes(each.is_new),
        )
        for each in networks.all
    )
    return Table(columns_of(NETWORKS, whole="exports people people_never_here_before"), rows)


def new_networks_table(networks: Networks) -> Table:
    """The header and a row for each person and network that is new for them, the newest first."""
    rows: Iterator[tuple[Value, ...]] = (
        (each.person, each.network, to_rfc3339(each.first_at), each.count) for each in networks.new
    )
    return Table(columns_of(NEW_NETWORKS, whole="exports"), rows)


def gained_table(connection: Connection, scope: Scope, gained: Sequence[Gained]) -> Table:
    """The header and a row for each permission gained before exports, most exports first."""
    return Table(
        columns_of(GAINED, whole="exports_within_24_hours"), _gained_rows(connection, scope, gained)
    )


def _gained_rows(
    connection: Connection, scope: Scope, gained: Sequence[Gained]
) -> Iterator[tuple[Value, ...]]:
    for start in range(0, len(gained), _AT_ONCE):
        some = gained[start : start + _AT_ONCE]
        for each, gain, export in find_both_events(connection, scope, some):
            yield (
                each.person,
                to_rfc3339(each.at),
                sentence(gain),
                each.seq,
                to_rfc3339(each.export_at),
                sentence(export),
                each.export_seq,
                each.count,
            )


def _day_cells(busiest: BusiestDay) -> tuple[Value, ...]:
    own, peers = busiest.own, busiest.peers
    return (
        date.fromordinal(max(_EPOCH + busiest.day, 1)).isoformat(),
        busiest.count,
        f"{own.median:g}" if own.days else "",
        f"{own.spread:g}" if own.days else "",
        own.days,
        f"{peers.median:g}" if peers.days else "",
        f"{peers.spread:g}" if peers.days else "",
        peers.people,
        _yes(busiest.is_unusual),
    )


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
