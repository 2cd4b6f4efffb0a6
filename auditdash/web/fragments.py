"""A page for a browser, or its part for HTMX: each view computes one context and ends here."""

from __future__ import annotations

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from htmx_flask import Htmx
from htmx_flask.requests import HtmxHeaders
from markupsafe import Markup
from werkzeug.urls import iri_to_uri


def install(app: Flask) -> None:
    """Teach the application's requests to read HX-* headers."""
    Htmx(app)


def is_fragment() -> bool:
    """Whether HTMX wants a part; a boosted link or a restored page is a whole page."""
    htmx = _headers()
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render(page: str, part: str, status: int = 200, **context: object) -> Response:
    """The template `page`, or `part` for HTMX, with the same context."""
    template = part if is_fragment() else page
    return _vary(make_response(render_template(template, **context), status))


def write(template: str, **context: object) -> Markup:
    """A part of a page that knows nothing but its context: not who reads, nor when, nor where."""
    written = current_app.jinja_env.get_template(template).render(context)
    return Markup(written)  # noqa: S704 - the template has escaped it


def part(written: Markup) -> Response:
    """A part that is written already, for HTMX."""
    return _vary(make_response(written))


def see_other(location: str) -> Response:
    """After a POST: 303 for a browser; HTMX is told to go there."""
    if _headers():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = iri_to_uri(location)  # headers are Latin-1
        return _vary(response)
    return _vary(make_response(redirect(location, 303)))


def after_post(location: str, part: str, **context: object) -> Response:
    """After a POST that stays on the page: 303 for a browser, the part for HTMX."""
    if is_fragment():
        return _vary(make_response(render_template(part, **context)))
    return see_other(location)


def current_path() -> str:
    """Path and query of the page the reader has before them, also when a part of it asks."""
    url = _headers().current_url if is_fragment() else None
    if url is None:
        return request.full_path.rstrip("?")
    return "/" + url.split("://", maxsplit=1)[-1].partition("/")[2]


def _headers() -> HtmxHeaders:
    headers: HtmxHeaders = request.htmx  # type: ignore[attr-defined]  # set by htmx-flask
    return headers


def _vary(response: Response) -> Response:
    response.vary.add("HX-Request")
    return response
