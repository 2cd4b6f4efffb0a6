"""Reports by program: ask for one, look how far it is, take its file."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request, send_file
from msgspec.structs import replace
from werkzeug.exceptions import Gone, NotFound, RequestEntityTooLarge

from auditdash.api.answers import answer_json
from auditdash.api.arguments import AFTER, LIMIT, MOST_ROWS, ROWS
from auditdash.api.call import HIGHEST, Call
from auditdash.api.operations import PDF, Body, Operation, operation
from auditdash.api.shapes import NewReport, ReportObject, ReportsAnswer
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, parse_instant, parse_zone, to_rfc3339
from auditdash.events.periods import Period
from auditdash.reports.kept import KeptFileError, find_kept
from auditdash.reports.orders.order import Order, new_order, order_of
from auditdash.reports.orders.presets import file_stem
from auditdash.reports.run import request_report
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import ReportRun, find_run, list_runs

blueprint = Blueprint("api_reports", __name__, url_prefix="/api/v1/reports")

_PATH: Final = "/api/v1/reports"
_LONGEST_BODY: Final = 100_000


@blueprint.get("")
@operation(
    Operation(
        name="listReports",
        tag="Reports",
        summary="Reports, newest first",
        arguments=(LIMIT, AFTER),
        answer=ReportsAnswer,
    )
)
def list_reports(call: Call) -> Response:
    """Those of people and of schedules, too."""
    limit = call.number("limit", 1, MOST_ROWS) or ROWS
    before = call.number("after", 1, HIGHEST)
    with reading(call.reader.installation.engine) as connection:
        found = list_runs(connection, call.reader.workspace.id, before=before, limit=limit + 1)
    call.record("api-reports")
    following = str(found[limit - 1].id) if len(found) > limit else None
    answer = ReportsAnswer(reports=[_object(each) for each in found[:limit]], next=following)
    return answer_json(answer, following=following)


@blueprint.post("")
@operation(
    Operation(
        name="createReport",
        tag="Reports",
        summary="Ask for a report",
        says="It is frozen at the newest event of this moment, and made in the background: look"
        " at its address (`Location`) until its `state` is `done`.",
        body=Body(says="What it is to be", of=NewReport),
        answer=ReportObject,
        status=201,
        refusals=(413,),
    )
)
def create_report(call: Call) -> Response:
    """The same order as the form makes."""
    reader = call.reader
    order = _order(_read_body(), reader.workspace.zone)
    with writing(reader.installation.engine) as connection:
        run_id = request_report(
            connection,
            workspace_id=reader.workspace.id,
            order=order,
            requested_by=f"token:{reader.token.name}",
            now=reader.installation.now(),
        )
        run = find_run(connection, reader.workspace.id, run_id or 0)
    if run is None:
        raise NotFound
    reader.record_access("api-report", order.query, report=str(run.id))
    answer = answer_json(_object(run), 201)
    answer.headers["Location"] = f"{_PATH}/{run.id}"
    return answer


@blueprint.get("/<int:report_id>")
@operation(
    Operation(
        name="getReport",
        tag="Reports",
        summary="How far a report is",
        answer=ReportObject,
        refusals=(404,),
    )
)
def get_report(call: Call, report_id: int) -> Response:
    """Its state, and the address of its file once there is one."""
    return answer_json(_object(_find(call, report_id)))


@blueprint.get("/<int:report_id>/file")
@operation(
    Operation(
        name="getReportFile",
        tag="Reports",
        summary="The PDF of a report, with its attachments in it",
        files=(PDF,),
        refusals=(404, 410),
    )
)
def get_report_file(call: Call, report_id: int) -> Response:
    """The file as it was made; its hash stands in `Repr-Digest`."""
    run = _find(call, report_id)
    if run.file_name is None:
        raise NotFound("This report has no file, or none yet.")
    try:
        path = find_kept(call.reader.installation.settings, run)
    except KeptFileError as error:
        raise Gone(str(error)) from None
    days = file_stem(run.period, parse_zone(order_of(run).zone))
    name = f"{call.reader.workspace.slug}-{run.kind}-{days}.pdf"
    call.record("report-file", file=name)
    answer = send_file(path, PDF, as_attachment=True, download_name=name)
    if run.sha256 is not None:
        answer.headers["Repr-Digest"] = f"sha-256=:{b64encode(run.sha256).decode()}:"
    return answer


def _find(call: Call, report_id: int) -> ReportRun:
    with reading(call.reader.installation.engine) as connection:
        run = find_run(connection, call.reader.workspace.id, report_id)
    if run is None:
        raise NotFound("There is no such report.")
    return run


def _read_body() -> NewReport:
    request.max_content_length = _LONGEST_BODY + 1
    body = request.get_data()  # of one that does not tell its length no more than this
    if len(body) > _LONGEST_BODY:
        raise RequestEntityTooLarge
    try:
        return msgspec.json.decode(body, type=NewReport)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"this is no report to be made: {error}", where="body") from None


def _order(asked: NewReport, zone: str) -> Order:
    order = new_order(asked.kind, period=_period(asked), zone=parse_zone(asked.zone or zone).key)
    chosen: dict[str, Any] = {
        "query": asked.query,
        "sections": None if asked.sections is None else tuple(asked.sections),
        "frameworks": None if asked.frameworks is None else tuple(asked.frameworks),
        "sample": asked.sample,
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    return replace(order, paper=asked.paper, title=asked.title, nonce=asked.nonce, **given)


def _period(asked: NewReport) -> str | Period:
    if isinstance(asked.period, str):
        return asked.period
    return Period(parse_instant(asked.period.start), parse_instant(asked.period.end))


def _object(run: ReportRun) -> ReportObject:
    order = order_of(run)
    return ReportObject(
        id=run.id,
        kind=run.kind,
        start=to_rfc3339(run.period_start),
        end=to_rfc3339(run.period_end),
        zone=order.zone,
        query=order.query,
        requested_by=run.requested_by,
        requested_at=to_rfc3339(run.requested_at),
        state=run.state,
        stage=run.stage,
        finished_at=_text(run.finished_at),
        error=run.error,
        file=f"{_PATH}/{run.id}/file" if run.file_name else None,
        size=run.size,
        sha256=run.sha256.hex() if run.sha256 is not None else None,
        pages=run.pages,
        rows=run.rows,
        highest_seq=run.highest_seq,
    )


def _text(instant: Instant | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)
