"""Reports: the list, the form for a new one, and the files."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from flask import Blueprint, Response, abort, send_file
from msgspec import Struct
from msgspec.structs import replace

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.events.folding import storable
from auditdash.events.instants import parse_zone
from auditdash.management import reports as management
from auditdash.reports.kept import KeptFileError, find_kept
from auditdash.reports.orders.kinds import find_kind, kinds
from auditdash.reports.orders.logos import MOST_BYTES, Logo, parse_logo
from auditdash.reports.orders.order import (
    Order,
    order_of,
    span_of,
)
from auditdash.reports.orders.presets import file_stem
from auditdash.reports.question import COMPLIANCE, report_id
from auditdash.reports.run import request_report
from auditdash.search.period import period_text
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import ReportRun, find_run, list_runs
from auditdash.store.reporting.logos import StoredLogo, add_logo
from auditdash.web import fragments, params, readers
from auditdash.web.reporting.form import Form, offer_for, order_of_form, read_form, usual_form

blueprint = Blueprint("reports", __name__)

_PAGE: Final = 20
_UNFINISHED: Final = {"queued", "running"}


class Line(Struct, frozen=True, kw_only=True):
    """One report of the list."""

    run: ReportRun
    order: Order
    name: str
    kind: str
    period: str
    sha256: str

    @property
    def unfinished(self) -> bool:
        """Whether the list must ask again."""
        return self.run.state in _UNFINISHED


@blueprint.get("/reports")
@readers.needs(Permission.READ)
def index() -> Response:
    """The page; its list asks for itself again until nothing is being made."""
    if not fragments.is_fragment():
        readers.record_access("reports")
    return _page(usual_form(params.choice("kind", kinds(), COMPLIANCE)))


@blueprint.post("/reports")
@readers.needs(Permission.REPORTS)
def request_new() -> Response:
    """Queue a report; a form that cannot be read comes back with what to mend."""
    form = read_form()
    try:
        given = params.uploaded("logo_file")
        logo = None if given is None else _logo(given)
        with reading(readers.engine()) as connection:
            order = order_of_form(connection, form, readers.now())
    except BadInput as error:
        return _page(form, error)
    said = period_text(span_of(order), parse_zone(order.zone))
    readers.record_access("report", order.query, period=said, kind=find_kind(order.kind).title)
    reader = readers.reader()
    with writing(readers.engine()) as connection:
        if logo is not None and given is not None:
            stored = StoredLogo(
                sha256=logo.sha256,
                name=storable(given.name),
                width=logo.width,
                height=logo.height,
                added_at=readers.now(),
                added_by=reader.username,
            )
            add_logo(connection, reader.workspace.id, stored, logo.png)
            order = replace(order, logo=logo.sha256.hex())
        request_report(
            connection,
            workspace_id=reader.workspace.id,
            order=order,
            requested_by=reader.name or reader.username,
            now=readers.now(),
        )
    return fragments.see_other("/reports")


def _logo(given: params.Uploaded) -> Logo:
    with given.stream as stream:
        return parse_logo(stream.read(MOST_BYTES + 1))


@blueprint.post("/reports/<int:run_id>/retry")
@readers.needs(Permission.REPORTS)
def retry(run_id: int) -> Response:
    """Queue a failed report again, as it was asked for."""
    with writing(readers.engine()) as connection:
        found = find_run(connection, readers.reader().workspace.id, run_id)
        if found is None or not management.retry(connection, readers.act(), found):
            abort(404)
    return fragments.see_other("/reports")


@blueprint.post("/reports/<int:run_id>/cancel")
@readers.needs(Permission.REPORTS)
def cancel(run_id: int) -> Response:
    """End a report that waits or is being made; one that was finished meanwhile stays."""
    reader = readers.reader()
    who = reader.name or reader.username
    with writing(readers.engine()) as connection:
        found = find_run(connection, reader.workspace.id, run_id)
        if found is None:
            abort(404)
        management.cancel(connection, readers.act(), found, who)
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
        offer = offer_for(connection, form)
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
        offer=offer,
    )


def _line(run: ReportRun) -> Line:
    order = order_of(run)
    said = period_text(run.period, parse_zone(order.zone))
    kind = kinds()[order.kind].title if order.kind in kinds() else order.kind
    return Line(
        run=run,
        order=order,
        name=report_id(run),
        kind=order.title or kind,
        period=said,
        sha256=(run.sha256 or b"").hex(),
    )


def _download_name(run: ReportRun) -> str:
    days = file_stem(run.period, parse_zone(order_of(run).zone))
    return f"{readers.reader().workspace.slug}-{run.kind}-{days}.pdf"
