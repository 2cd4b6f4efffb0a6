"""The application: settings in, Flask out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Final

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from auditdash.api import answers as api_answers
from auditdash.api import door as api_door
from auditdash.api import events as api_events
from auditdash.api import problems
from auditdash.api import reading as api_reading
from auditdash.api.dialect import pages as dialect
from auditdash.api.document import pages as api_document
from auditdash.api.operation import metrics, signs
from auditdash.api.v1 import access as api_access
from auditdash.api.v1 import counts as api_counts
from auditdash.api.v1 import kept as api_kept
from auditdash.api.v1 import reports as api_reports
from auditdash.api.v1 import summaries as api_summaries
from auditdash.events import instants
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.index.files.damage import IndexBehind
from auditdash.settings import ROOT, Settings
from auditdash.store.engine import DatabaseTrouble, open_engine
from auditdash.store.installation import Installation
from auditdash.web import (
    accounts,
    charts,
    coverage,
    downloads,
    fragments,
    intake,
    reports,
    watching,
)
from auditdash.web import settings as settings_pages
from auditdash.web.access import baselines
from auditdash.web.access import pages as access_pages
from auditdash.web.campaigns import pages as campaign_pages
from auditdash.web.changed import pages as changed_pages
from auditdash.web.entry import door, errors, headers, home, hosts
from auditdash.web.explorer import complete, profiles, saved, sheet, timeline, why
from auditdash.web.frame import templating
from auditdash.web.inventory import pages as inventory_pages
from auditdash.web.members import addresses
from auditdash.web.members import pages as members
from auditdash.web.permissions import changes as permission_changes
from auditdash.web.permissions import lasting as permission_lasting
from auditdash.web.permissions import patterns as permission_patterns
from auditdash.web.permissions import person as permission_person
from auditdash.web.sending import destinations, schedules, sent
from auditdash.web.signing import confirm, factors, mine, others, passkey, second, sso
from auditdash.web.streams import pages as stream_pages
from auditdash.web.summaries import exports
from auditdash.web.taking import pages as taking_pages
from auditdash.web.tokens import pages as token_pages

_log = logging.getLogger(__name__)
_TROUBLE: Final = (
    "The database did not answer, or its disk is full; the server's log says more. What is stored"
    " stays. Send this again in a minute: nothing is stored twice."
)
_RETRY_SECONDS: Final = 60
_ROOMS: Final = (
    home,
    timeline,
    saved,
    complete,
    sheet,
    profiles,
    why,
    charts,
    exports,
    permission_changes,
    access_pages,
    baselines,
    campaign_pages,
    permission_patterns,
    permission_lasting,
    permission_person,
    inventory_pages,
    changed_pages,
    downloads,
    taking_pages,
    reports,
    schedules,
    destinations,
    sent,
    coverage,
    watching,
    intake,
    accounts,
    second,
    passkey,
    sso,
    confirm,
    mine,
    factors,
    others,
    settings_pages,
    members,
    addresses,
    token_pages,
    stream_pages,
    api_events,
    api_reading,
    api_counts,
    api_summaries,
    api_access,
    api_reports,
    api_kept,
    api_document,
    dialect,
    signs,
    metrics,
)


class _RowId(IntegerConverter):
    """What an id in an address can be: longer numbers overflow in a database, and are not found."""

    regex = r"\d{1,18}"


def create_app(
    settings: Settings | None = None, *, now: Callable[[], Instant] = instants.now
) -> Flask:
    """The application on a migrated database; settings come from the environment when None."""
    settings = settings or Settings.from_env(os.environ)
    app = Flask(
        "auditdash",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    _trust_proxies(app, settings.trusted_proxies)
    app.extensions["auditdash"] = Installation(
        open_engine(settings.database_url, settings.index_folder), settings, now
    )
    for part in (fragments, headers, hosts, door, templating, api_door, api_answers):
        part.install(app)
    app.url_map.converters["int"] = _RowId
    for room in _ROOMS:
        app.register_blueprint(room.blueprint)
    metrics.install(app)
    app.register_error_handler(BadInput, _answer_bad_input)
    app.register_error_handler(DatabaseTrouble, _answer_trouble)
    app.register_error_handler(IndexBehind, _answer_behind)
    app.register_error_handler(HTTPException, _answer_http)
    return app


def _trust_proxies(app: Flask, count: int) -> None:
    """Take address, scheme and host of a request from that many proxies before us, and no more."""
    if count:
        proxied = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # Flask's own way to wrap it


def _answer_bad_input(error: BadInput) -> Response:
    if door.is_for_programs():
        return problems.answer_bad_input(error)
    return errors.answer_bad_input(error)


def _answer_trouble(error: DatabaseTrouble) -> Response:
    _log.error("the database did not answer: %s", error.orig, exc_info=error)
    return _answer_http(ServiceUnavailable(_TROUBLE, retry_after=_RETRY_SECONDS))


def _answer_behind(error: IndexBehind) -> Response:
    _log.warning("%s", error)
    return _answer_http(ServiceUnavailable(str(error), retry_after=_RETRY_SECONDS))


def _answer_http(error: HTTPException) -> Response:
    if door.is_for_programs():
        return problems.answer_http(error)
    return errors.answer_http(error)
