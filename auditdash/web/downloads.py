"""Files of whatever a search shows: the whole result, the same rows, streamed."""

from __future__ import annotations

from flask import Blueprint, Response

from auditdash.accounts.roles import Permission
from auditdash.downloads.orders.events import EventsOrder
from auditdash.web import params, readers
from auditdash.web.taking.files import FORM, METHODS, answer_file, frozen_scope

blueprint = Blueprint("downloads", __name__, url_prefix="/downloads")


@blueprint.route(f"/events.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD, scoped=True)
def events(form: str) -> Response:
    """All events of `?q=` up to `?seq=`; without it, up to the newest one now."""
    query, scope = params.query(), frozen_scope()
    readers.record_access(
        "download", params.query_text(), form=form, highest_seq=str(scope.highest_seq)
    )
    return answer_file(EventsOrder(), form, scope, query)
