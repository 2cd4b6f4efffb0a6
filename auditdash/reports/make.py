"""One report, from its run to the finished file in a working folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, Engine

from auditdash.downloads.csv import iterate_csv
from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE
from auditdash.reports.contents import Contents, PopulationFile, gather
from auditdash.reports.manifest import manifest_of
from auditdash.reports.paper import draw_paper
from auditdash.reports.printing.process import Attachment, Job, RenderError, render_in_child
from auditdash.reports.question import Question, question_of
from auditdash.settings import Settings
from auditdash.store.engine import reading
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import find_workspace

_POPULATION = "population.csv"
_MANIFEST = "manifest.json"


class Draft(Struct, frozen=True, kw_only=True):
    """A finished PDF that is not kept yet."""

    path: Path
    pages: int
    rows: int


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
    return Draft(path=work / "report.pdf", pages=pages, rows=contents.population.count)


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
    file = _write_population(connection, question_of(run), work / _POPULATION, tell)
    contents = gather(connection, run, workspace, file, settings.pull_minutes * MINUTE, tell)
    if contents.population.count != file.rows:
        raise RenderError(
            f"The attachment has {file.rows:,} rows, but {contents.population.count:,} events were "
            "counted. Nothing was made, because one of the two is wrong."
        )
    return contents


def _write_population(
    connection: Connection, question: Question, path: Path, tell: Callable[[str], None]
) -> PopulationFile:
    """Stream all rows to a file, and count and hash what is written."""
    digest = hashlib.sha256()
    quotes = breaks = size = 0
    with path.open("wb") as file:
        for piece in iterate_csv(connection, question.query, question.scope, question.clock):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
            for line in piece.splitlines(keepends=True):
                quotes += line.count(b'"')
                # a line break between quotes is part of a cell
                breaks += line.endswith(b"\n") and quotes % 2 == 0
            tell("Collecting events")
    rows = max(breaks - 1, 0)
    return PopulationFile(name=path.name, rows=rows, size=size, sha256=digest.hexdigest())


def _attachments(work: Path) -> tuple[Attachment, ...]:
    return (
        Attachment(
            name=_POPULATION,
            path=str(work / _POPULATION),
            media_type="text/csv",
            description="Every event that this report counts, one row each",
            relationship="Data",
        ),
        Attachment(
            name=_MANIFEST,
            path=str(work / _MANIFEST),
            media_type="application/json",
            description="What was asked, by which version, and the numbers of this report",
            relationship="Supplement",
        ),
    )
