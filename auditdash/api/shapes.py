"""What the API answers with: the structs that are encoded, and of which the document is made.

Instants are RFC 3339 in UTC with six digits. `highest_seq` is the newest event that was seen: given
back as `seq` it freezes the view.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, defstruct

from auditdash.downloads.access_rows import WAYS
from auditdash.downloads.columns import COLUMNS
from auditdash.downloads.permission_rows import COLUMNS as CHANGES
from auditdash.downloads.summaries.export_rows import PEOPLE, REPORTS


def _row(name: str, columns: tuple[str, ...], numbers: set[str], **more: Any) -> type[Struct]:
    """Objects with these columns: whole numbers, or text; what is missing is null."""
    fields: list[Any] = [
        (each, more.get(each, int | None if each in numbers else str | None)) for each in columns
    ]
    return defstruct(name, [*fields, *((each, more[each]) for each in more if each not in columns)])


EventObject = _row("Event", COLUMNS, set(), seq=int, context=dict[str, Any] | None, record=Raw)
_EXPORTS = {name for name in (*PEOPLE, *REPORTS) if name in {"exports", "sql", "csv", "pdf"}}
ExporterObject = _row(
    "Exporter",
    PEOPLE,
    _EXPORTS
    | {"reports", "at_night", "bursts", "off_hours", "busiest_day_exports", "own_days", "peers"},
)
ExportedObject = _row("Exported", REPORTS, _EXPORTS | {"people", "at_night", "off_hours"})
ChangeObject = _row("PermissionChange", CHANGES, {"seq"})
WayObject = _row(
    "Way", WAYS, {name for name in WAYS if name.endswith(("_seq", "_line", "_baseline"))}
)


class EventPage(Struct, kw_only=True):
    """`next` leads to the rest: null at the end, unless more may come (in the order of arrival)."""

    events: list[EventObject]  # type: ignore[valid-type]  # made of the columns
    next: str | None
    highest_seq: int


class Bucket(Struct, kw_only=True):
    """One stretch of time, its events, and those of each category that occurs."""

    start: str
    end: str
    total: int
    counts: dict[str, int]


class HistogramAnswer(Struct, kw_only=True):
    """Every event that was asked for is in one bucket; buckets follow one another without gaps."""

    unit: str
    zone: str
    total: int
    buckets: list[Bucket]
    highest_seq: int


class FacetValue(Struct, kw_only=True):
    """A value as a query names it, how it is said, and its events."""

    value: str
    label: str
    count: int


class FacetAnswer(Struct, kw_only=True):
    """The values of a field, most events first. `others` more values share `other_count` events;
    `missing` events have no value. What the query says about this field is left out."""

    field: str
    values: list[FacetValue]
    others: int
    other_count: int
    missing: int


class FacetsAnswer(Struct, kw_only=True):
    """`total` is the number of events that the query asks for."""

    total: int
    facets: list[FacetAnswer]
    highest_seq: int


class ExportsAnswer(Struct, kw_only=True):
    """The exports that the query asks for; `people_count` and `reports_count` are all there are."""

    total: int
    at_night: int
    off_hours: int
    by_action: dict[str, int]
    people_count: int
    people: list[ExporterObject]  # type: ignore[valid-type]  # made of the columns
    reports_count: int
    reports: list[ExportedObject]  # type: ignore[valid-type]  # made of the columns
    highest_seq: int


class ChangesAnswer(Struct, kw_only=True):
    """granted + revoked + changed = total; `own_access` were made by whom they are about."""

    total: int
    granted: int
    revoked: int
    changed: int
    own_access: int
    changes: list[ChangeObject]  # type: ignore[valid-type]  # made of the columns
    next: str | None
    highest_seq: int


class AccessAnswer(Struct, kw_only=True):
    """Who reached what at the moment `at`: `total` ways, of which these are some."""

    at: str
    total: int
    access: list[WayObject]  # type: ignore[valid-type]  # made of the columns
    next: str | None
    highest_seq: int


class PeriodObject(Struct, kw_only=True, forbid_unknown_fields=True):
    """From `start` (in) to `end` (out)."""

    start: str
    end: str


class NewReport(Struct, kw_only=True, forbid_unknown_fields=True):
    """A report to be made. `period` is a word such as `last-month`, or a start and an end. What is
    left out is as the kind has it."""

    kind: str = "compliance"
    period: str | PeriodObject = "last-month"
    zone: str | None = None
    query: str | None = None
    sections: list[str] | None = None
    frameworks: list[str] | None = None
    paper: str = "A4"
    title: str = ""
    sample: int | None = None
    nonce: str = ""


class ReportObject(Struct, kw_only=True):
    """`state` is queued, running, done or failed; `file` is the address of the PDF when it is
    done."""

    id: int
    kind: str
    start: str
    end: str
    zone: str
    query: str
    requested_by: str
    requested_at: str
    state: str
    stage: str
    finished_at: str | None
    error: str | None
    file: str | None
    size: int | None
    sha256: str | None
    pages: int | None
    rows: int | None
    highest_seq: int


class ReportsAnswer(Struct, kw_only=True):
    """Newest first; `next` is the `after` of those before."""

    reports: list[ReportObject]
    next: str | None


class SearchObject(Struct, kw_only=True):
    """`query` asks as it was written; `zone` is that of its calendar days."""

    id: int
    name: str
    owner: str
    query: str
    zone: str
    shared: bool
    language: int
    changed_at: str


class SearchesAnswer(Struct, kw_only=True):
    """By name: those that are shared, and of a member token its owner's."""

    searches: list[SearchObject]


class EchoesObject(Struct, kw_only=True):
    """Of `expected` pulls, how many saw their own reading come back."""

    expected: int
    seen: int
    first_missing_at: str | None


class EchoTestObject(Struct, kw_only=True):
    """One reading that was tried. `state` is asked, waiting, back, lost (no event told of it) or
    failed (Mode could not be read); `said` says it in words."""

    state: str
    asked_at: str
    read_at: str | None
    back_seconds: float | None
    said: str


class FeedObject(Struct, kw_only=True):
    """What has been fetched of one feed since its start; `gaps` were not."""

    source: str
    remote_workspace: str
    start: str
    end: str
    percent: float
    gaps: list[PeriodObject]
    windows: int
    echoes: EchoesObject
    echo_test: EchoTestObject | None
    paused: bool
    last_ok_at: str | None
    last_error: str | None


class DayObject(Struct, kw_only=True):
    """One local day. `state` is covered, part, gap (never fetched), unasked (pushed or imported:
    nothing is fetched), open (not over yet) or outside (before what is fetched). `late` of its
    `events` came more than a day late. `query` finds them."""

    on: str
    state: str
    gaps: list[PeriodObject]
    events: int
    late: int
    silent_seconds: int
    query: str


class DaysObject(Struct, kw_only=True):
    """The days of one source, oldest first; before them more up to the month `earlier`."""

    source: str
    pulled: bool
    zone: str
    earlier: str | None
    days: list[DayObject]


class SilenceObject(Struct, kw_only=True):
    """Once a feed was silent: from the last event before it to the first one behind it."""

    began_at: str
    ended_at: str | None
    noticed_at: str


class SourceObject(Struct, kw_only=True):
    """One source and how it speaks. `state` is off, nothing (for twelve weeks), unknown (no habit
    yet), paused, fetching, silent or speaking; `usual_seconds` of this hour of the week."""

    source: str
    pulled: bool
    state: str
    last_event_at: str | None
    usual_seconds: int | None
    waited_seconds: int | None
    silences: list[SilenceObject]


class CoverageAnswer(Struct, kw_only=True):
    """One for each feed that is pulled; all sources, and the days of one."""

    feeds: list[FeedObject]
    sources: list[SourceObject]
    days: DaysObject | None


class TokenObject(Struct, kw_only=True):
    """The token that asks, but for its secret."""

    name: str
    begins_with: str
    kind: str
    scopes: list[str]
    workspace: str
    created_at: str
    expires_at: str | None


class RejectionObject(Struct, kw_only=True):
    """A record that is no event, and why; it is kept in the quarantine."""

    position: str
    what: str
    where: str
    expected: str


class ReceiptObject(Struct, kw_only=True):
    """received = new + known + conflicting + rejected; of the rejections the first hundred."""

    receipt: int
    received: int
    new: int
    known: int
    conflicting: int
    rejected: int
    rejections: list[RejectionObject]


class Problem(Struct, kw_only=True, omit_defaults=True):
    """RFC 9457. `where` and `expected` say what to mend; of a query `position` and `length` are the
    place in its text, and `nearest` what was perhaps meant. A broken delivery has its receipt."""

    type: str
    status: int
    title: str
    detail: str
    where: str | None = None
    expected: str | None = None
    position: int | None = None
    length: int | None = None
    nearest: str | None = None
    scope: str | None = None
    receipt: ReceiptObject | None = None
