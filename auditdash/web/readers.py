"""Who looks, what they may see, and the record that they looked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from flask import abort, current_app, g, request
from msgspec import Struct
from sqlalchemy import Engine

from auditdash.accounts.memberships import Membership
from auditdash.accounts.roles import Permission
from auditdash.accounts.scopes import parse_limit, scope_of, sees_addresses
from auditdash.accounts.sessions import Limits, Session
from auditdash.events.instants import HOUR, MINUTE, Instant
from auditdash.events.periods import Period
from auditdash.ingest import accesses
from auditdash.ingest.accesses import AccessLog, Act
from auditdash.search.help.sentence import describe
from auditdash.search.period import period_text
from auditdash.search.scope import Clock, Scope
from auditdash.settings import Settings
from auditdash.store.installation import Installation
from auditdash.store.workspaces import Workspace

SOURCE: Final = accesses.SOURCE
View = TypeVar("View", bound=Callable[..., Any])


class Reader(Struct, frozen=True, kw_only=True):
    """Our user, signed in, and how they look at which workspace."""

    person_id: int
    username: str
    name: str
    membership: Membership
    zone: ZoneInfo
    theme: str
    csrf_token: str
    session: Session

    @property
    def workspace(self) -> Workspace:
        """Where they look."""
        return self.membership.workspace

    @property
    def is_limited(self) -> bool:
        """Whether they see only some events."""
        return self.membership.is_limited

    @property
    def is_guest(self) -> bool:
        """Whether they were invited from outside, to look at something until a day."""
        return self.membership.guest

    def may(self, permission: Permission | str) -> bool:
        """Whether their role in this workspace allows it."""
        return self.membership.may(permission)


def public(view: View) -> View:
    """Mark a view that needs no login; every other one says what it `needs`."""
    view.is_public = True  # type: ignore[attr-defined]  # functions carry attributes
    return view


def without_workspace(view: View) -> View:
    """Mark a view that is also for who is signed in, and is a member of no workspace."""
    view.without_workspace = True  # type: ignore[attr-defined]  # functions carry attributes
    return view


def needs(permission: Permission, *, scoped: bool = False) -> Callable[[View], View]:
    """Mark a view with what the reader's role must allow; the door asks it before the view runs.

    `scoped`: it is right, and tells of no other event, when it is made of the events in a reader's
    scope alone. Other views are refused to who is limited. A view with no mark is for admins alone,
    and fails tests/web/test_doors.py.
    """

    def mark(view: View) -> View:
        view.needs = permission  # type: ignore[attr-defined]  # functions carry attributes
        view.is_scoped = scoped  # type: ignore[attr-defined]  # the same
        return view

    return mark


def installation() -> Installation:
    """What the current application runs on."""
    found: Installation = current_app.extensions["auditdash"]
    return found


def engine() -> Engine:
    """The engine of the current application: pages open their transactions on it."""
    return installation().engine


def settings() -> Settings:
    """The settings of the current application."""
    return installation().settings


def session_limits() -> Limits:
    """How long sessions last, as it is set."""
    found = settings()
    return Limits(found.session_idle_minutes * MINUTE, found.session_hours * HOUR)


def static_folder() -> str:
    """Where the current application's assets lie."""
    return current_app.static_folder or ""


def absolute(path: str) -> str:
    """The whole address of one of our paths, as this reader's browser knows us."""
    return request.host_url.rstrip("/") + path


def now() -> Instant:
    """Our clock, read once for each request."""
    if "now" not in g:
        g.now = installation().now()
    instant: Instant = g.now
    return instant


def reader() -> Reader:
    """Who looks; 401 on a public page that nobody signed in to."""
    found = reader_or_none()
    if found is None:
        abort(401)
    return found


def reader_or_none() -> Reader | None:
    """Who looks, or None on a public page."""
    found: Reader | None = g.get("reader")
    return found


def is_member(workspace_id: int) -> bool:
    """Whether the reader may look at this workspace."""
    known: list[Workspace] = g.get("workspaces", [])
    return any(each.id == workspace_id for each in known)


def zone() -> ZoneInfo:
    """The reader's zone; UTC before anyone signed in."""
    found = reader_or_none()
    return found.zone if found else ZoneInfo("UTC")


def scope() -> Scope:
    """What the reader may see."""
    return scope_of(reader().membership, now())


def hides_addresses() -> bool:
    """Whether this reader is shown no IP addresses just now."""
    found = reader_or_none()
    return found is not None and not sees_addresses(found.membership, now())


def locked() -> tuple[str, ...]:
    """What limits this reader, in words: what no query of theirs leads out of."""
    who, words = reader(), list[str]()
    limits = who.membership.limits
    if limits.query:
        words.append(f"Only: {describe(parse_limit(limits.query), clock())}")
    period = Period(limits.period_start, limits.period_end)
    if period != Period():
        words.append(f"Only: {period_text(period, who.workspace.zone_info)}")
    if hides_addresses():
        words.append("IP addresses hidden")
    return tuple(words)


def clock() -> Clock:
    """When and in which zone the reader asks."""
    return Clock(now(), reader().zone)


def record_access(what: str, query: str = "", **context: str) -> None:
    """Keep, as an event of its own transaction, that the reader looked at the log.

    Views call it before they answer, and outside of their own transactions: no record, no answer.
    """
    g.is_recorded = True
    access = accesses.access_of(reader().workspace, now(), actor(), what, query, context)
    _log().keep(engine(), access)


def record_refusal(why: str) -> None:
    """Keep that the reader asked for what they may not have, before they are told so.

    Not of what is public: nobody lacks a right there, and the address of a one-time link is secret.
    """
    if getattr(current_app.view_functions.get(request.endpoint or ""), "is_public", False):
        return
    g.is_recorded = True
    context = {"reason": why, "method": request.method, "path": request.path[:500]}
    _log().keep(engine(), accesses.refusal_of(reader().workspace, now(), actor(), context))


def actor() -> dict[str, str | None]:
    """The reader as the actor of an event."""
    who = reader()
    return {
        "ip": request.remote_addr,
        "user_agent": request.headers.get("User-Agent", ""),
        "user_id": str(who.person_id),
        "username": who.username,
    }


def act() -> Act:
    """What the reader does in their workspace now."""
    return Act(workspace=reader().workspace, actor=actor(), now=now())


def begin_work() -> None:
    """This request is a reader's: others who look at the log just now may wait for it a moment."""
    g.at_work = True
    _log().enter()


def end_work(_error: BaseException | None = None) -> None:
    """It is answered."""
    if g.pop("at_work", False):
        _log().leave()


def _log() -> AccessLog:
    found: AccessLog = current_app.extensions.setdefault(accesses.EXTENSION, AccessLog())
    return found
