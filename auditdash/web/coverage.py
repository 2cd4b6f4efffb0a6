"""Coverage: what of the feed has been fetched, and the connection that fetches it."""

from __future__ import annotations

from datetime import date
from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, MINUTE, Instant, shorten
from auditdash.events.periods import local_date, midnight
from auditdash.ingest import coverage as feed_coverage
from auditdash.ingest.coverage import Coverage, length_text
from auditdash.ingest.sources import mode_login
from auditdash.ingest.sources.mode_client import Surroundings
from auditdash.ingest.sources.mode_login import SOURCE, Details
from auditdash.ingest.watching.silences import silence_span
from auditdash.management import feeds as management
from auditdash.operation.strip import STATES, find_sources, gather_strip, parse_month
from auditdash.search.scope import Clock
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections, windows
from auditdash.store.feeds.connections import Feed
from auditdash.store.feeds.silences import list_silences
from auditdash.web import fragments, params, readers
from auditdash.web.watching import silence_context

blueprint = Blueprint("coverage", __name__, url_prefix="/coverage")

_PAGE: Final = "/coverage"
_WINDOWS_AT_ONCE: Final = 25
_GAPS_SHOWN: Final = 50
_FIRST_DAYS: Final = 90
_HIGHEST_ID: Final = (1 << 63) - 1


@blueprint.get("")
@readers.needs(Permission.READ)
def page() -> Response:
    """State of the connection, a calendar of days, the gaps and the windows."""
    readers.record_access("coverage")
    feed = _own_feed()
    with reading(readers.engine()) as connection:
        found = _coverage(connection, feed) if feed else None
        context = _days(connection, found) | (_fetched(connection, feed) if feed else {})
    return fragments.render(
        "coverage/page.html",
        "coverage/_windows.html",
        200,
        **_about(feed),
        **context,
        coverage=found,
        gaps=found.gaps[::-1][:_GAPS_SHOWN] if found else (),
        length_text=length_text,
    )


@blueprint.get("/state")
@readers.needs(Permission.READ)
def state() -> Response:
    """The card of the connection, for a page that waits for a pull; after it, a fresh page."""
    if not fragments.is_fragment():
        return fragments.see_other(_PAGE)
    about = _about(_own_feed())
    response = fragments.render("coverage/page.html", "coverage/_state.html", 200, **about)
    if not (about["pulling"] or about["due"]):
        response.headers["HX-Refresh"] = "true"
    return response


@blueprint.get("/connect")
@readers.needs(Permission.INTAKE)
def connection_form() -> Response:
    """What to pull from, and with which token."""
    return _form(_given_before(_own_feed()))


@blueprint.post("/connect")
@readers.needs(Permission.INTAKE)
def connect() -> Response:
    """Try the connection with a small read; keep it when that went well and it was asked for."""
    given = _given()
    try:
        details = _details(given)
        seen = _try_out(details)
        if params.chosen_field("do", ("test", "save")) == "test":
            return _form(given, works=f"It works. Events in the last five minutes: {seen}.")
        with writing(readers.engine()) as connection:
            management.connect(connection, readers.act(), readers.settings(), details)
    except BadInput as error:
        return _form(given, error=error, status=400)
    return fragments.see_other(_PAGE)


@blueprint.post("/pause")
@readers.needs(Permission.INTAKE)
def pause() -> Response:
    """Let the worker leave this feed alone, or take it up again."""
    paused = params.chosen_field("paused", ("0", "1")) == "1"
    feed = _own_feed_or_404()
    with writing(readers.engine()) as connection:
        management.set_paused(connection, readers.act(), feed, paused=paused)
    return fragments.see_other(_PAGE)


@blueprint.post("/pull")
@readers.needs(Permission.INTAKE)
def pull() -> Response:
    """Let the worker pull as soon as it looks: within seconds."""
    feed = _own_feed_or_404()
    with writing(readers.engine()) as connection:
        connections.make_due(connection, feed.id, readers.now())
    return fragments.see_other(_PAGE)


def _own_feed() -> Feed | None:
    with reading(readers.engine()) as connection:
        return connections.find(connection, readers.reader().workspace.id, SOURCE)


def _own_feed_or_404() -> Feed:
    feed = _own_feed()
    if feed is None:
        abort(404)
    return feed


def _about(feed: Feed | None) -> dict[str, object]:
    """What the card of the connection says."""
    now = readers.now()
    return {
        "feed": feed,
        "asked_at": now,
        "pulling": feed is not None and (feed.claimed_until or 0) > now,
        "due": feed is not None and not feed.paused and feed.next_at <= now,
        "in_environment": feed is not None and not feed.sealed_secret,
        "can_connect": readers.reader().workspace.kind == "real",
        "minutes": readers.settings().pull_minutes,
    }


def _fetched(connection: Connection, feed: Feed) -> dict[str, object]:
    """The windows, newest first."""
    before = params.number("before", 0, 0, _HIGHEST_ID) or None
    listed = windows.list_windows(connection, feed.id, _WINDOWS_AT_ONCE + 1, before)
    shown = listed[:_WINDOWS_AT_ONCE]
    return {
        "windows": shown,
        "before": before,
        "older": shown[-1].id if len(listed) > len(shown) else None,
    }


def _days(connection: Connection, covered: Coverage | None) -> dict[str, object]:
    """The calendar of the source that was asked for: the pulled one, if none was."""
    until, zone = parse_month(params.text("until")), readers.zone()
    sources = find_sources(connection, readers.scope())
    if covered is not None:
        sources = sorted({covered.feed.source, *sources})
    if not sources:
        return {"strip": None, **silence_context(connection, None)}
    usual = covered.feed.source if covered is not None else sources[0]
    source = params.choice("source", sources, usual)
    strip = gather_strip(
        connection,
        readers.scope(),
        Clock(readers.now(), zone),
        source,
        covered if covered is not None and covered.feed.source == source else None,
        [
            silence_span(each, readers.now())
            for each in list_silences(connection, readers.reader().workspace.id, source)
        ],
        until,
    )
    shown = {"strip": strip, "sources": sources, "zone": zone, "states": STATES}
    return shown | silence_context(connection, source)


def _coverage(connection: Connection, feed: Feed) -> Coverage | None:
    interval = readers.settings().pull_minutes * MINUTE
    found = feed_coverage.coverage(connection, feed.workspace_id, readers.now(), interval=interval)
    return next((each for each in found if each.feed.id == feed.id), None)


def _given() -> dict[str, str]:
    """The fields of the form as they were typed; the secret is not shown again."""
    names = ("base_url", "remote_workspace", "token", "start_on")
    return {name: params.field(name) for name in names}


def _given_before(feed: Feed | None) -> dict[str, str]:
    zone = readers.zone()
    start_at = feed.start_at if feed else Instant(readers.now() - _FIRST_DAYS * DAY)
    return {
        "base_url": feed.base_url if feed else readers.settings().mode_url,
        "remote_workspace": feed.remote_workspace if feed else "",
        "token": feed.token if feed else "",
        "start_on": local_date(start_at, zone).isoformat(),
    }


def _details(given: dict[str, str]) -> Details:
    start_on = _day(given["start_on"], "start_on", "a day such as 2026-01-31")
    return Details(
        base_url=given["base_url"],
        remote_workspace=given["remote_workspace"],
        token=given["token"],
        secret=params.secret_field("secret").strip(),
        start_at=midnight(start_on, readers.zone()),
    )


def _day(text: str, where: str, expected: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{shorten(text)} does not fit", where=where, expected=expected) from None


def _try_out(details: Details) -> int:
    _check_is_real()
    with reading(readers.engine()) as connection:
        settings, workspace_id = readers.settings(), readers.reader().workspace.id
        login = mode_login.check_details(connection, settings, workspace_id, details, readers.now())
    return mode_login.try_login(login, Surroundings(clock=readers.installation().now))


def _check_is_real() -> None:
    if readers.reader().workspace.kind != "real":
        raise BadInput("the demo takes no events from outside", expected="a workspace of your own")


def _form(
    given: dict[str, str], error: BadInput | None = None, works: str = "", status: int = 200
) -> Response:
    feed = _own_feed()
    return fragments.render(
        "coverage/connect.html",
        "coverage/_tried.html",
        status,
        given=given,
        error=error,
        works=works,
        **_about(feed),
    )
