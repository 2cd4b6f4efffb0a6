"""The files of inventories: what there is, one row each, with the events that tell it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from auditdash.downloads.cells import Value
from auditdash.downloads.csv import iterate_table
from auditdash.events.instants import to_rfc3339
from auditdash.queries.inventory.recipients import Recipients
from auditdash.queries.inventory.rows import Mark

VERSION: Final = 1
# Empty cells of `began` say: before the first event; of `ended`: to this day.
_MARKS: Final = ("began_at", "began_by", "began_seq", "ended_at", "ended_by", "ended_seq")
RECIPIENTS: Final = ("recipient", "kind", "outside", "report", "report_id", *_MARKS, "how_it_ended")


def iterate_recipients_csv(recipients: Recipients) -> Iterator[bytes]:
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
    return iterate_table(RECIPIENTS, rows)


def mark_cells(mark: Mark | None) -> tuple[Value, ...]:
    """When, by whom, and the seq of the event; empty where there is none."""
    return ("", "", None) if mark is None else (to_rfc3339(mark.at), mark.by, mark.seq)


def _end(mark: Mark | None, *, cleared: bool) -> str:
    if mark is None:
        return ""
    return "schedule deleted" if cleared else "removed"
