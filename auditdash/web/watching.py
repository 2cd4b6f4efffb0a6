"""Who is told when a feed falls silent, and whether its readings come back."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.ingest.sources.mode_login import SOURCE
from auditdash.ingest.watching.silences import listen
from auditdash.management import feeds as management
from auditdash.reports.sending.telling import admin_addresses
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections
from auditdash.store.feeds.echo_tests import find_newest_test
from auditdash.store.feeds.silences import find_open_silences, list_silences
from auditdash.store.feeds.watches import Watch, find_watch
from auditdash.store.sending.deliveries import list_by_key
from auditdash.web import fragments, params, readers

blueprint = Blueprint("watching", __name__, url_prefix="/coverage")

_SHOWN: Final = 10
STATES: Final = {
    "off": ("Not watched", ""),
    "nothing": ("Nothing for twelve weeks", ""),
    "unknown": ("Habit not known yet", ""),
    "paused": ("Paused", "warning"),
    "fetching": ("Being fetched", "info"),
    "silent": ("Silent", "danger"),
    "speaking": ("Speaks as usual", "ok"),
}


def silence_context(connection: Connection, source: str | None) -> dict[str, object]:
    """What the page says of each source now, and of past silences of one of them."""
    workspace = readers.reader().workspace
    watch = find_watch(connection, workspace.id)
    past = list_silences(connection, workspace.id, source, _SHOWN + 1) if source else []
    return {
        "watch": watch,
        "tried": find_newest_test(connection, workspace.id),
        "told": watch.recipients or tuple(admin_addresses(connection, workspace.id)),
        "heard": listen(connection, workspace, watch, readers.now()),
        "lasting": {each.source: each for each in find_open_silences(connection, workspace.id)},
        "listening_states": STATES,
        "past": [
            (each, list_by_key(connection, workspace.id, f"silence-{each.id}/"))
            for each in past[:_SHOWN]
        ],
        "is_more_past": len(past) > _SHOWN,
    }


@blueprint.post("/echo")
@readers.needs(Permission.INTAKE)
def test_echo() -> Response:
    """Let the worker read once, and look whether that comes back as an event."""
    act = readers.act()
    with writing(readers.engine()) as connection:
        feed = connections.find(connection, act.workspace.id, SOURCE) or abort(404)
        management.try_echo(connection, act, feed)
    return fragments.see_other("/coverage#echo")


@blueprint.get("/echo")
@readers.needs(Permission.READ)
def echo() -> Response:
    """What came of the newest test, for a page that waits for it."""
    if not fragments.is_fragment():
        return fragments.see_other("/coverage#echo")
    with reading(readers.engine()) as connection:
        workspace_id = readers.reader().workspace.id
        feed = connections.find(connection, workspace_id, SOURCE) or abort(404)
        tried = find_newest_test(connection, workspace_id)
    return fragments.render(
        "coverage/page.html", "coverage/_echo.html", 200, feed=feed, tried=tried
    )


@blueprint.get("/watch")
@readers.needs(Permission.SETTINGS)
def form() -> Response:
    """As it is chosen now."""
    with reading(readers.engine()) as connection:
        watch = find_watch(connection, readers.reader().workspace.id)
    return _form(watch, "\n".join(watch.recipients), str(watch.floor_hours))


@blueprint.post("/watch")
@readers.needs(Permission.SETTINGS)
def save() -> Response:
    """Keep it, or say what does not fit; what was typed stays."""
    typed, hours = params.field("recipients"), params.field("floor_hours")
    sources = _sources()
    watch = Watch(
        is_on=params.field("is_on") == "1",
        recipients=tuple(dict.fromkeys(typed.replace(",", " ").replace(";", " ").split())),
        left_out=tuple(
            each for each in sources if each not in params.chosen_fields("source", sources)
        ),
    )
    try:
        if not (hours.isascii() and hours.isdigit() and len(hours) < 6):
            raise BadInput(f"{shorten(hours)} does not fit", where="floor_hours", expected="hours")
        watch = Watch(
            is_on=watch.is_on,
            floor_hours=int(hours),
            recipients=watch.recipients,
            left_out=watch.left_out,
        )
        with writing(readers.engine()) as connection:
            management.watch(connection, readers.act(), watch)
    except BadInput as error:
        return _form(watch, typed, hours, error)
    return fragments.see_other("/coverage#silence")


def _form(watch: Watch, typed: str, hours: str, error: BadInput | None = None) -> Response:
    return fragments.render(
        "coverage/watch.html",
        "coverage/watch.html",
        400 if error else 200,
        watch=watch,
        typed=typed,
        hours=hours,
        error=error,
        sources=_sources(),
        can_mail=bool(readers.settings().sending.smtp_host),
    )


def _sources() -> list[str]:
    with reading(readers.engine()) as connection:
        heard = listen(connection, readers.reader().workspace, Watch(), readers.now())
    return [each.source for each in heard]
