"""One report, from its run to the finished file in a working folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE
from auditdash.reports.attached.writing import (
    EXCEPTIONS,
    POPULATION,
    SAMPLE,
    write_attachments,
)
from auditdash.reports.contents import Contents, gather
from auditdash.reports.manifest import manifest_of
from auditdash.reports.paper import draw_paper
from auditdash.reports.printing.process import Attachment, Job, RenderError, render_in_child
from auditdash.reports.sending.result import encode_result, told_by
from auditdash.settings import Settings
from auditdash.store.engine import reading
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import find_workspace

_MANIFEST = "manifest.json"
# Name, media type, relationship, description.
_ATTACHED = (
    (POPULATION, "text/csv", "Data", "Every event that this report counts, one row each"),
    (EXCEPTIONS, "text/csv", "Data", "Events to explain, one row for each and its reason"),
    (SAMPLE, "text/csv", "Data", "A sample of the events that anyone can draw again"),
    (
        _MANIFEST,
        "application/json",
        "Supplement",
        "What was asked, by which version, and the numbers of this report",
    ),
)


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
    tell("Collecting events")
    with reading(engine) as connection:
        contents = gather_contents(connection, settings, run, work, tell)
    tell("Drawing")
    (work / "report.html").write_text(draw_paper(contents), encoding="utf-8")
    (work / _MANIFEST).write_bytes(manifest_of(contents))
    job = Job(
        html=str(work / "report.html"),
        target=str(work / "report.pdf"),
        identifier=hashlib.sha256(f"{contents.id} {contents.file.sha256}".encode()).hexdigest(),
        made_at=contents.made_at,
        megabytes=settings.report_megabytes,
        attachments=_attachments(work),
    )
    pages = render_in_child(job, settings.report_seconds, tell)
    return Draft(
        path=work / "report.pdf",
        pages=pages,
        rows=contents.population.count,
        result=encode_result(told_by(contents)),
    )


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
    domains = settings.domains
    attached = write_attachments(connection, run, workspace, domains, work, tell)
    interval = settings.pull_minutes * MINUTE
    contents = gather(connection, run, workspace, attached, domains, interval, tell)
    rows = contents.file.rows
    if contents.population.count != rows:
        raise RenderError(
            f"The attachment has {rows:,} rows, but {contents.population.count:,} events were "
            "counted. Nothing was made, because one of the two is wrong."
        )
    return contents


def _attachments(work: Path) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            name=name,
            path=str(work / name),
            media_type=media_type,
            description=description,
            relationship=relationship,
        )
        for name, media_type, relationship, description in _ATTACHED
    )
