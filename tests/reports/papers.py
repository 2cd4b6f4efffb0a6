"""Reports made for tests, and what is inside of them."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pikepdf
import pypdfium2
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.instants import Instant, parse_instant
from auditdash.events.periods import Period
from auditdash.reports.kept import report_path
from auditdash.reports.orders.order import Order, new_order
from auditdash.reports.question import COMPLIANCE
from auditdash.reports.run import request_report, run_next
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import ReportRun, find_run
from tests.make import NOW

OCTOBER = Period(parse_instant("2026-10-01T00:00:00Z"), parse_instant("2026-11-01T00:00:00Z"))


def order_for(
    kind: str = COMPLIANCE, *, period: str | Period = OCTOBER, zone: str = "UTC", **chosen: Any
) -> Order:
    """What a kind of report is by default, but for what is chosen."""
    return replace(new_order(kind, period=period, zone=zone), **chosen)


def ask(engine: Engine, workspace_id: int, *, now: Instant = NOW, **chosen: Any) -> int:
    """Queue a short report that Alice wants; its id. `chosen` as in order_for."""
    return _ask(engine, workspace_id, now, {"sections": ()} | chosen)


def ask_for_all(engine: Engine, workspace_id: int, *, now: Instant = NOW, **chosen: Any) -> int:
    """The same with each section that its kind has by default, which takes three times as long."""
    return _ask(engine, workspace_id, now, chosen)


def _ask(engine: Engine, workspace_id: int, now: Instant, chosen: dict[str, Any]) -> int:
    with writing(engine) as connection:
        run_id = request_report(
            connection,
            workspace_id=workspace_id,
            order=order_for(**chosen),
            requested_by="Alice",
            now=now,
        )
    assert run_id is not None
    return run_id


def find(engine: Engine, workspace_id: int, run_id: int) -> ReportRun:
    """The run as it is now."""
    with reading(engine) as connection:
        run = find_run(connection, workspace_id, run_id)
    assert run is not None
    return run


def make_paper(
    engine: Engine, settings: Settings, workspace_id: int, **changes: Any
) -> tuple[ReportRun, Path]:
    """A finished report with all sections, or those that are chosen: its run and its file."""
    run_id = ask_for_all(engine, workspace_id, **changes)
    assert run_next(engine, settings, changes.get("now", NOW))
    run = find(engine, workspace_id, run_id)
    assert (run.state, run.error) == ("done", None)
    assert run.file_name is not None
    return run, report_path(settings, run.file_name)


def attachment(path: Path, name: str) -> bytes:
    """An attached file."""
    with pikepdf.open(path) as pdf:
        return bytes(pdf.attachments[name].get_file().read_bytes())


def population(path: Path) -> list[dict[str, str]]:
    """The rows of the attached population.csv."""
    text = attachment(path, "population.csv").decode("utf-8")
    csv.field_size_limit(1 << 24)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def manifest(path: Path) -> dict[str, Any]:
    """The attached manifest.json."""
    decoded: dict[str, Any] = msgspec.json.decode(attachment(path, "manifest.json"))
    return decoded


def words(path: Path) -> str:
    """What stands on the pages, with every run of spaces as one."""
    return " ".join(pages(path))


def pages(path: Path) -> list[str]:
    """The words of each page."""
    with closing(pypdfium2.PdfDocument(path)) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]
