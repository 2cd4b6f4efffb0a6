"""The files of inventories: what there is, one row each, with the events that tell it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from auditdash.downloads.access_rows import line_cells
from auditdash.downloads.cells import Value
from auditdash.downloads.tables.table import Table, columns_of
from auditdash.events.instants import to_rfc3339
from auditdash.queries.inventory.members import Groups
from auditdash.queries.inventory.recipients import Recipients
from auditdash.queries.inventory.reports import Reports
from auditdash.queries.inventory.rows import Mark
from auditdash.queries.inventory.tokens import Tokens

VERSION: Final = 2
# Empty cells of `began` say: before the first event, or before the baseline that lists it; of
# `ended`: to this day.
_MARKS: Final = ("began_at", "began_by", "began_seq", "ended_at", "ended_by", "ended_seq")
RECIPIENTS: Final = ("recipient", "kind", "outside", "report", "report_id", *_MARKS, "how_it_ended")

TOKENS: Final = (
    "token",
    "token_id",
    "kind",
    *_MARKS,
    "maker_lost_role_at",
    "maker_lost_role_seq",
    "maker_last_seen_at",
    "maker_away",
)
MEMBERS: Final = ("group", "group_id", "member", *_MARKS, "baseline", "line")
REPORTS: Final = (
    "report",
    "report_id",
    "exports",
    "sql_changes",
    "people",
    "edits",
    "last_sql_change_at",
    "last_sql_change_by",
    "last_sql_change_seq",
)


def recipients_table(recipients: Recipients) -> Table:
    """The header and a row for each recipient of a schedule. Instants are UTC."""
    rows: Iterator[tuple[Value, ...]] = (
        (
            each.name,
            each.kind,
            "" if each.outside is None else "yes" if each.outside else "no",
            each.report,
            each.report_id,
            *mark_cells(each.began),
            *mark_cells(each.ended),
            _end(each.ended, cleared=each.schedule_deleted),
        )
        for each in recipients.all
    )
    return Table(columns_of(RECIPIENTS), rows)


def tokens_table(tokens: Tokens) -> Table:
    """The header and a row for each token. Instants are UTC."""
    rows: Iterator[tuple[Value, ...]] = (
        (
            each.name,
            each.id,
            "workspace token" if each.of_workspace else "member key",
            *mark_cells(each.began),
            *mark_cells(each.ended),
            to_rfc3339(each.lowered.at) if each.lowered else "",
            each.lowered.seq if each.lowered else None,
            "" if each.maker_seen_at is None else to_rfc3339(each.maker_seen_at),
            "yes" if each.is_away else "no",
        )
        for each in tokens.all
    )
    return Table(columns_of(TOKENS), rows)


def groups_table(groups: Groups) -> Table:
    """The header and a row for each membership of each group. Instants are UTC."""
    rows: Iterator[tuple[Value, ...]] = (
        (
            each.group,
            group.id,
            each.member,
            *mark_cells(each.began),
            *mark_cells(each.ended),
            *line_cells(each.listed),
        )
        for group in groups.all
        for each in group.members
    )
    return Table(columns_of(MEMBERS, whole="baseline line"), rows)


def changed_reports_table(reports: Reports) -> Table:
    """The header and a row for each report whose SQL changed. Instants are UTC."""
    rows: Iterator[tuple[Value, ...]] = (
        (
            each.name,
            each.id,
            each.exports,
            each.sql_changes,
            each.people,
            each.edits,
            *mark_cells(each.last),
        )
        for each in reports.all
    )
    return Table(columns_of(REPORTS, whole="exports sql_changes people edits"), rows)


def mark_cells(mark: Mark | None) -> tuple[Value, ...]:
    """When, by whom, and the seq of the event; empty where there is none."""
    return ("", "", None) if mark is None else (to_rfc3339(mark.at), mark.by, mark.seq)


def _end(mark: Mark | None, *, cleared: bool) -> str:
    if mark is None:
        return ""
    return "schedule deleted" if cleared else "removed"
