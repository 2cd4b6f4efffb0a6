"""One report, from its run to the finished file in a working folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE
from auditdash.reports.attached.files import EXCEPTIONS, POPULATION, SAMPLE
from auditdash.reports.attached.writing import write_attachments
from auditdash.reports.contents import Contents
from auditdash.reports.longtables.table import LongTable
from auditdash.reports.manifest import manifest_of
from auditdash.reports.orders.logos import read_logo
from auditdash.reports.paper import draw_paper
from auditdash.reports.printing.process import Attachment, Job, RenderError, render_in_child
from auditdash.reports.sections.listing import TEXT_AREAS, write_long_table
from auditdash.reports.sections.permissions import write_long_changes
from auditdash.reports.sending.result import encode_result, told_by
from auditdash.reports.source import source_of
from auditdash.settings import Settings
from auditdash.store.engine import reading
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import find_workspace

_MANIFEST = "manifest.json"
_CSV, _DATA = "text/csv", "Data"
_SAID = {
    POPULATION: "Every line that this report counts, one row each",
    EXCEPTIONS: "Lines to explain, one row for each and its reason",
    SAMPLE: "A sample of the lines that anyone can draw again",
}
_OF_A_LIST = "All rows of a list that is printed in this report"
_OF_MANIFEST = "What was asked, by which version, and the numbers of this report"


class Draft(Struct, frozen=True, kw_only=True):
    """A finished PDF that is not kept yet."""

    path: Path
    pages: int
    rows: int
    result: str  # reports.sending.result, JSON


def make_report(
    engine: Engine, settings: Settings, run: ReportRun, work: Path, tell: Callable[[str], None]
) -> Draft:
    """Gather, draw and render inside the empty folder `work`; RenderError says why it cannot be.

    The rows, the numbers and the lists come from one snapshot of the database.
    """
    with reading(engine) as connection:
        contents = gather_contents(connection, settings, run, work, tell)
        tell("Drawing")
        (work / "report.html").write_text(draw_paper(contents), encoding="utf-8")
        (work / _MANIFEST).write_bytes(manifest_of(contents))
        result = encode_result(told_by(contents))
        tables = _long_tables(contents, work)
        logo = read_logo(connection, run.workspace_id, contents.order.logo)
    if logo:
        (work / "logo.png").write_bytes(logo)
    job = Job(
        html=str(work / "report.html"),
        target=str(work / "report.pdf"),
        identifier=hashlib.sha256(f"{contents.id} {contents.file.sha256}".encode()).hexdigest(),
        made_at=contents.made_at,
        megabytes=settings.report_megabytes,
        attachments=_attachments(contents, work),
        tables=tables,
        text_area=TEXT_AREAS[contents.order.paper],
        logo=str(work / "logo.png") if logo else "",
    )
    pages = render_in_child(job, settings.report_seconds, tell)
    return Draft(path=work / "report.pdf", pages=pages, rows=contents.file.rows, result=result)


def gather_contents(
    connection: Connection,
    settings: Settings,
    run: ReportRun,
    work: Path,
    tell: Callable[[str], None],
) -> Contents:
    """Write the rows to `work` and gather what the report says about them."""
    workspace = find_workspace(connection, run.workspace_id)
    if workspace is None:
        raise BadInput(f"there is no workspace {run.workspace_id}")
    interval = settings.pull_minutes * MINUTE
    source = source_of(connection, run, workspace, settings.domains, interval, work, tell)
    contents = Contents(source, write_attachments(source))
    rows = contents.file.rows
    if contents.of_events and contents.population.count != rows:
        raise RenderError(
            f"The attachment has {rows:,} rows, but {contents.population.count:,} events were "
            "counted. Nothing was made, because one of the two is wrong."
        )
    return contents


def _long_tables(contents: Contents, work: Path) -> tuple[LongTable, ...]:
    listings = [contents.listing(each) for each in contents.sections if each.is_listing]
    zone, paper = contents.question.clock.zone, contents.order.paper
    found = [write_long_table(each, zone, paper, work) for each in listings if each.is_long]
    if contents.has("permissions") and contents.permissions.is_long:
        height = TEXT_AREAS[paper][1]
        found.append(write_long_changes(contents.permissions, zone, height, work))
    return tuple(found)


def _attachments(contents: Contents, work: Path) -> tuple[Attachment, ...]:
    told = [
        (each.name, _CSV, _DATA, _SAID.get(each.name, _OF_A_LIST))
        for each in contents.attached.files
    ]
    told.append((_MANIFEST, "application/json", "Supplement", _OF_MANIFEST))
    return tuple(
        Attachment(
            name=name,
            path=str(work / name),
            media_type=media_type,
            description=description,
            relationship=relationship,
        )
        for name, media_type, relationship, description in told
    )
