"""The files of the exports summary: people and reports, one row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from auditdash.downloads.cells import Value
from auditdash.downloads.csv import iterate_table
from auditdash.events.instants import to_rfc3339
from auditdash.queries.data_exports import ExportSummary

VERSION: Final = 1
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
)


def iterate_people_csv(summary: ExportSummary) -> Iterator[bytes]:
    """The header and a row for each person, most exports first. Instants are UTC."""
    rows: Iterator[tuple[Value, ...]] = (
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
        )
        for person in summary.people
    )
    return iterate_table(PEOPLE, rows)


def iterate_reports_csv(summary: ExportSummary) -> Iterator[bytes]:
    """The header and a row for each report, most exports first. Instants are UTC."""
    rows: Iterator[tuple[Value, ...]] = (
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
        )
        for report in summary.reports
    )
    return iterate_table(REPORTS, rows)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
