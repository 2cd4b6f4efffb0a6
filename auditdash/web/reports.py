"""Reports: the list, the form for a new one, and the files."""

from __future__ import annotations

from base64 import b64encode
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, send_file
from msgspec import Struct
from msgspec.structs import replace

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_zone
from auditdash.events.periods import Period
from auditdash.reports.kept import KeptFileError, find_kept
from auditdash.reports.orders.kinds import find_kind
from auditdash.reports.orders.order import (
    Order,
    new_order,
    order_of,
)
from auditdash.reports.orders.presets import (
    CUSTOM,
    PRESETS,
    custom_period,
    file_stem,
    preset_period,
)
from auditdash.reports.question import COMPLIANCE, report_id
from auditdash.reports.run import request_report
from auditdash.reports.sections.controls import (
    DEFAULT_FRAMEWORKS,
    FRAMEWORKS,
)
from auditdash.search.parse import parse
from auditdash.search.period import period_text
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import ReportRun, find_run, list_runs, retry_run
from auditdash.web import fragments, params, readers

blueprint = Blueprint("reports", __name__)

_PAGE: Final = 20
_UNFINISHED: Final = {"queued", "running"}


class Line(Struct, frozen=True, kw_only=True):
    """One report of the list."""

    run: ReportRun
    order: Order
    name: str
    period: str
    sha256: str

    @property
    def unfinished(self) -> bool:
        """Whether the list must ask again."""
        return self.run.state in _UNFINISHED


class Form(Struct, frozen=True, kw_only=True):
    """What was chosen, so that a refused form comes back as it was."""

    preset: str = "last-month"
    first: str = ""
    last: str = ""
    zone: str = "UTC"
    q: str
    frameworks: tuple[str, ...] = DEFAULT_FRAMEWORKS


@blueprint.get("/reports")
@readers.needs(Permission.READ)
def index() -> Response:
    """The page; its list asks for itself again until nothing is being made."""
    if not fragments.is_fragment():
        readers.record_access("reports")
    return _page(Form(zone=readers.reader().workspace.zone, q=find_kind(COMPLIANCE).query))


@blueprint.post("/reports")
@readers.needs(Permission.REPORTS)
def request_new() -> Response:
    """Queue a report; a form that cannot be read comes back with what to mend."""
    form = Form(
        preset=params.field("preset", "last-month"),
        first=params.field("first"),
        last=params.field("last"),
        zone=params.field("zone", "UTC"),
        q=params.field("q"),
        frameworks=params.chosen_fields("framework", FRAMEWORKS),
    )
    try:
        zone = parse_zone(form.zone)
        period = _period(form, zone)
        parse(form.q)
        said = period_text(period, zone)
    except BadInput as error:
        return _page(form, error)
    readers.record_access("report", form.q, period=said)
    _request(form, period)
    return fragments.see_other("/reports")


@blueprint.post("/reports/<int:run_id>/retry")
@readers.needs(Permission.REPORTS)
def retry(run_id: int) -> Response:
    """Queue a failed report again, as it was asked for."""
    with writing(readers.engine()) as connection:
        retried = retry_run(connection, readers.scope().workspace_id, run_id)
    if not retried:
        abort(404)
    return fragments.see_other("/reports")


@blueprint.get("/reports/<int:run_id>.pdf")
@readers.needs(Permission.DOWNLOAD)
def download(run_id: int) -> Response:
    """The file of a finished report of this workspace; 410 when the disk has lost or changed it."""
    with reading(readers.engine()) as connection:
        run = find_run(connection, readers.scope().workspace_id, run_id)
    if run is None or run.file_name is None:
        abort(404)
    if readers.hides_addresses():
        abort(
            403, "Reports have IP addresses in them, which are hidden from you. Reveal them first."
        )
    try:
        path = find_kept(readers.settings(), run)
    except KeptFileError as error:
        abort(410, str(error))
    name = _download_name(run)
    readers.record_access("report-file", file=name)
    response = send_file(path, "application/pdf", as_attachment=True, download_name=name)
    if run.sha256 is not None:
        response.headers["Repr-Digest"] = f"sha-256=:{b64encode(run.sha256).decode()}:"
    return response


def _page(form: Form, error: BadInput | None = None) -> Response:
    before = params.number("before", 0, 0, 1 << 62) or None
    workspace = readers.reader().workspace
    with reading(readers.engine()) as connection:
        runs = list_runs(connection, workspace.id, before=before, limit=_PAGE + 1)
    lines = [_line(run) for run in runs[:_PAGE]]
    return fragments.render(
        "reports/page.html",
        "reports/_list.html",
        400 if error else 200,
        lines=lines,
        older=lines[-1].run.id if len(runs) > _PAGE else None,
        before=before,
        working=any(line.unfinished for line in lines),
        form=form,
        error=error,
        presets=tuple(PRESETS.items()),
        frameworks=tuple(FRAMEWORKS.items()),
        zones=_zones(form),
    )


def _line(run: ReportRun) -> Line:
    order = order_of(run)
    said = period_text(run.period, parse_zone(order.zone))
    return Line(
        run=run, order=order, name=report_id(run), period=said, sha256=(run.sha256 or b"").hex()
    )


def _zones(form: Form) -> list[tuple[str, str]]:
    reader = readers.reader()
    names = dict.fromkeys((reader.workspace.zone, reader.zone.key, "UTC", form.zone))
    return [(name, name) for name in names]


def _period(form: Form, zone: ZoneInfo) -> Period:
    if form.preset not in PRESETS:
        raise BadInput("this period is not offered", where="preset", expected=", ".join(PRESETS))
    if form.preset == CUSTOM:
        return custom_period(form.first, form.last, zone)
    return preset_period(form.preset, readers.now(), zone)


def _request(form: Form, period: Period) -> None:
    reader = readers.reader()
    with writing(readers.engine()) as connection:
        request_report(
            connection,
            workspace_id=reader.workspace.id,
            order=replace(
                new_order(COMPLIANCE, period=period, zone=form.zone),
                query=form.q,
                frameworks=form.frameworks,
            ),
            requested_by=reader.name or reader.username,
            now=readers.now(),
        )


def _download_name(run: ReportRun) -> str:
    days = file_stem(run.period, parse_zone(order_of(run).zone))
    return f"{readers.reader().workspace.slug}-{run.kind}-{days}.pdf"
