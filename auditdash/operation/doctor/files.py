"""Files of reports and downloads that no row names: of workers that were killed, or of a database
that was restored from before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection

from auditdash.downloads.kept.left import find_left_downloads
from auditdash.operation.doctor.finding import Finding, ok, warning
from auditdash.reports.left import find_left_reports
from auditdash.settings import Settings
from auditdash.store.downloads.runs import find_standing as find_downloads
from auditdash.store.report_runs import find_standing as find_reports

_SHOWN = 3


def check_files(connection: Connection, settings: Settings) -> Iterator[Finding]:
    """What lies in the folders of reports and downloads and belongs to nothing."""
    reports = find_left_reports(settings, lambda: find_reports(connection))
    downloads = find_left_downloads(settings, lambda: find_downloads(connection))
    over, unknown = reports.over + downloads.over, reports.unknown + downloads.unknown
    if over:
        says = f"{_named(settings, over)} left by workers that were killed"
        yield warning("files", says, "start auditdash again: it removes them")
    if unknown:
        says = f"{_named(settings, unknown)} known to no report or download of the database"
        advice = "move them away by hand, unless the database is to be restored that knows them"
        yield warning("files", says, advice)
    if not over and not unknown:
        yield ok("files", "each file of a report or download has its row")


def _named(settings: Settings, paths: Sequence[Path]) -> str:
    shown = ", ".join(str(path.relative_to(settings.instance)) for path in paths[:_SHOWN])
    more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
    return f"{shown}{more}: {'is' if len(paths) == 1 else 'are'}"
