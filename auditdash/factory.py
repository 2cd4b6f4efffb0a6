"""The application: settings in, Flask out."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from auditdash.api import problems
from auditdash.events import instants
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.settings import ROOT, Settings
from auditdash.store.engine import open_engine
from auditdash.store.installation import Installation
from auditdash.web import fragments
from auditdash.web.frame import door, errors, headers, templating

_BLUEPRINTS: Final = (
    "auditdash.web.frame.home",
    "auditdash.web.timeline",
    "auditdash.web.charts",
    "auditdash.web.summaries",
    "auditdash.web.downloads",
    "auditdash.web.reports",
    "auditdash.web.coverage",
    "auditdash.web.intake",
    "auditdash.web.accounts",
    "auditdash.web.settings",
    "auditdash.api.events",
)


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
    app.extensions["auditdash"] = Installation(open_engine(settings.database_url), settings, now)
    for part in (fragments, headers, door, templating):
        part.install(app)
    for name in _BLUEPRINTS:  # for the time of building: what is not written yet is left out
        try:
            app.register_blueprint(importlib.import_module(name).blueprint)
        except ImportError:
            app.logger.info("%s is not there yet", name)
    app.register_error_handler(BadInput, _answer_bad_input)
    app.register_error_handler(HTTPException, _answer_http)
    return app


def _answer_bad_input(error: BadInput) -> Response:
    if request.path.startswith(door.API):
        return problems.answer_bad_input(error)
    return errors.answer_bad_input(error)


def _answer_http(error: HTTPException) -> Response:
    if request.path.startswith(door.API):
        return problems.answer_http(error)
    return errors.answer_http(error)
