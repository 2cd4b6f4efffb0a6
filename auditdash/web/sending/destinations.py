"""Destinations: where reports can be sent, tried out, changed and removed."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.management import destinations as management
from auditdash.reports.sending.destinations import KINDS, where_text
from auditdash.store.engine import reading, writing
from auditdash.store.sending.deliveries import list_tests
from auditdash.store.sending.destinations import Destination, find_destination
from auditdash.web import fragments, params, readers
from auditdash.web.sending.forms import (
    DestinationForm,
    config_from,
    destination_form,
    read_destination,
    read_kind,
)
from auditdash.web.sending.view import delivery_line, places

blueprint = Blueprint("destinations", __name__, url_prefix="/reports/destinations")

PATH: Final = "/reports/destinations"
_ONE: Final = "/<int:destination_id>"
_PAGE: Final = "sending/destination.html"
_SAYS: Final = {
    "mail": "A mail with the result in words and the report attached",
    "folder": "A file in a folder of this machine, or of one that is mounted here",
    "s3": "An object in S3 or what speaks it, locked against change where you ask for it",
    "webhook": "A signed message to a program of yours, with the report in it",
    "slack": "The result in words, in a channel",
}


@blueprint.get("")
@readers.needs(Permission.READ)
def index() -> Response:
    """All destinations of the workspace, and the kinds of new ones."""
    with reading(readers.engine()) as connection:
        known = places(connection, readers.reader().workspace.id)
    return fragments.render(
        "sending/destinations.html",
        "sending/destinations.html",
        places=known,
        kinds=[(kind, label, _SAYS[kind], _lacks(kind)) for kind, label in KINDS.items()],
    )


@blueprint.get("/new")
@readers.needs(Permission.REPORTS)
def new() -> Response:
    """The form of one kind."""
    return _page(DestinationForm(kind=read_kind(params.text("kind", "mail"))))


@blueprint.post("")
@readers.needs(Permission.REPORTS)
def create() -> Response:
    """Make it; the answer is the only page that ever shows a signing secret."""
    form = read_destination(read_kind(params.field("kind")))
    try:
        with writing(readers.engine()) as connection:
            number, shown = management.make_destination(
                connection,
                readers.act(),
                readers.settings(),
                name=form.name,
                kind=form.kind,
                config=config_from(form),
                secret=params.secret_field("secret"),
                person_id=readers.reader().person_id,
            )
    except BadInput as error:
        return _page(form, error=error)
    if not shown:
        return fragments.see_other(f"{PATH}/{number}")
    with reading(readers.engine()) as connection:
        return _shown(connection, _find(connection, number), shown)


@blueprint.get(_ONE)
@readers.needs(Permission.READ)
def show(destination_id: int) -> Response:
    """One of them: its form, and what came of trying it."""
    with reading(readers.engine()) as connection:
        return _shown(connection, _find(connection, destination_id))


@blueprint.post(_ONE)
@readers.needs(Permission.REPORTS)
def change(destination_id: int) -> Response:
    """Another name or address; a new place needs its secret typed again."""
    with reading(readers.engine()) as connection:
        known = _find(connection, destination_id)
    form = read_destination(known.kind)
    try:
        with writing(readers.engine()) as connection:
            shown = management.edit_destination(
                connection,
                readers.act(),
                readers.settings(),
                _find(connection, destination_id),
                name=form.name,
                config=config_from(form),
                secret=params.secret_field("secret"),
            )
    except BadInput as error:
        return _page(form, known=known, error=error)
    if not shown:
        return fragments.see_other(f"{PATH}/{destination_id}")
    with reading(readers.engine()) as connection:
        return _shown(connection, _find(connection, destination_id), shown)


@blueprint.post(f"{_ONE}/test")
@readers.needs(Permission.REPORTS)
def test(destination_id: int) -> Response:
    """Send a test there by the same way as reports."""
    with writing(readers.engine()) as connection:
        management.try_out(connection, readers.act(), _find(connection, destination_id))
    return fragments.see_other(f"{PATH}/{destination_id}#tests")


@blueprint.post(f"{_ONE}/end")
@readers.needs(Permission.REPORTS)
def end(destination_id: int) -> Response:
    """Nothing more is sent there."""
    with writing(readers.engine()) as connection:
        management.end(connection, readers.act(), _find(connection, destination_id))
    return fragments.see_other(PATH)


def _find(connection: Connection, destination_id: int) -> Destination:
    known = find_destination(connection, readers.reader().workspace.id, destination_id)
    if known is None:
        abort(404)
    return known if known.ended_at is None else abort(410, "This destination was removed.")


def _shown(connection: Connection, known: Destination, new_secret: str = "") -> Response:
    tests = list_tests(connection, known.id)
    return fragments.render(
        _PAGE,
        "sending/_tests.html",
        form=destination_form(known),
        known=known,
        kind=KINDS[known.kind],
        says=_SAYS[known.kind],
        lacks=_lacks(known.kind),
        tests=[delivery_line(each, {known.id: known}) for each in tests],
        working=any(each.finished_at is None and not each.outcome for each in tests),
        new_secret=new_secret,
        where=where_text(known),
        error=None,
    )


def _page(
    form: DestinationForm, known: Destination | None = None, error: BadInput | None = None
) -> Response:
    return fragments.render(
        _PAGE,
        _PAGE,
        400 if error else 200,
        form=form,
        known=known,
        kind=KINDS[form.kind],
        says=_SAYS[form.kind],
        lacks=_lacks(form.kind),
        tests=[],
        working=False,
        new_secret="",
        where="",
        error=error,
    )


def _lacks(kind: str) -> str:
    """Which setting must be there first."""
    sending = readers.settings().sending
    if kind == "mail" and not sending.smtp_host:
        return "AUDITDASH_SMTP_HOST"
    return "AUDITDASH_SEND_FOLDER" if kind == "folder" and sending.folder is None else ""
