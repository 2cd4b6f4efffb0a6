"""One report: who gets it, what became of each delivery, and where else it can be sent."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.management import destinations as management
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import ReportRun, find_run
from auditdash.store.sending.deliveries import retry_delivery
from auditdash.store.sending.destinations import list_destinations
from auditdash.store.sending.notices import see_notices
from auditdash.web import fragments, params, readers
from auditdash.web.sending.view import DeliveryLine, places, run_lines

blueprint = Blueprint("sent", __name__, url_prefix="/reports")

_ONE = "/<int:run_id>/sent"


@blueprint.get(_ONE)
@readers.needs(Permission.READ)
def show(run_id: int) -> Response:
    """Everybody who gets it, with the outcome."""
    return _page(run_id)


@blueprint.post(_ONE)
@readers.needs(Permission.REPORTS)
def send(run_id: int) -> Response:
    """Send it to what was chosen, by the same way as a schedule does."""
    chosen = set(params.id_fields("destination"))
    try:
        with writing(readers.engine()) as connection:
            run = _find(connection, run_id)
            known = list_destinations(connection, run.workspace_id)
            to = [each for each in known if each.id in chosen]
            management.send_to(connection, readers.act(), run, to)
    except BadInput as error:
        return _page(run_id, error)
    return fragments.see_other(f"/reports/{run_id}/sent")


@blueprint.post("/deliveries/<int:delivery_id>/retry")
@readers.needs(Permission.REPORTS)
def retry(delivery_id: int) -> Response:
    """Try one again now."""
    reader = readers.reader()
    with writing(readers.engine()) as connection:
        if not retry_delivery(connection, reader.workspace.id, delivery_id, readers.now()):
            abort(404)
    return fragments.see_other(params.next_path("/reports"))


@blueprint.post("/notices/seen")
@readers.needs(Permission.OWN)
def seen() -> Response:
    """Put away what stands on the reader's pages."""
    reader = readers.reader()
    with writing(readers.engine()) as connection:
        up_to = params.id_field("up_to")
        see_notices(connection, reader.workspace.id, reader.person_id, up_to, readers.now())
    return fragments.see_other(params.next_path("/reports"))


def _page(run_id: int, error: BadInput | None = None) -> Response:
    with reading(readers.engine()) as connection:
        run = _find(connection, run_id)
        (line,) = run_lines(connection, run.workspace_id, [run])
        every = places(connection, run.workspace_id)
    return fragments.render(
        "sending/sent.html",
        "sending/_deliveries.html",
        400 if error else 200,
        line=line,
        places=every,
        sent_to={each.delivery.destination_id for each in line.sent},
        working=run.state != "failed" and any(_is_on_its_way(each) for each in line.sent),
        error=error,
    )


def _is_on_its_way(line: DeliveryLine) -> bool:
    """What waits for hours to be tried again is not worth asking for."""
    delivery = line.delivery
    return delivery.state == "sending" or (delivery.state == "waiting" and not delivery.attempts)


def _find(connection: Connection, run_id: int) -> ReportRun:
    return find_run(connection, readers.reader().workspace.id, run_id) or abort(404)
