"""Which Mode workspace feeds which archive, and what opens it: the form, or the environment."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, MINUTE, SECOND, Instant, parse_instant, shorten
from auditdash.events.periods import Period
from auditdash.ingest.sources.mode_client import AGENT, Login, ModeClient, Patience, Surroundings
from auditdash.settings import Settings
from auditdash.store.feeds import connections, windows
from auditdash.store.feeds.connections import Access, Feed
from auditdash.store.feeds.sealing import seal, unseal
from auditdash.store.workspaces import create_workspace, list_workspaces

SOURCE: Final = "mode"
_FIRST_DAYS: Final = 90  # how far back a feed without a start date begins
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,199}", re.ASCII)
_CREDENTIAL = re.compile(r"[!-~]{1,1000}", re.ASCII)
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_BRIEF = Patience(attempts=1, connect=5.0, read=10.0, page=15.0)


class Details(Struct, frozen=True, kw_only=True):
    """What the form says. An empty `secret` keeps the stored one."""

    base_url: str
    remote_workspace: str
    token: str
    secret: str
    start_at: Instant


def in_environment(settings: Settings) -> bool:
    """Whether AUDITDASH_MODE_* says what to pull; then the form may not."""
    return bool(settings.mode_token)


def is_new_environment(connection: Connection, settings: Settings) -> bool:
    """Whether AUDITDASH_MODE_* names a login that no feed has yet."""
    login = (settings.mode_workspace, settings.mode_token, b"")
    return in_environment(settings) and not any(
        (feed.remote_workspace, feed.token, feed.sealed_secret) == login
        for feed in connections.find_all(connection)
    )


def check_details(
    connection: Connection, settings: Settings, workspace_id: int, given: Details, now: Instant
) -> Login:
    """The login that the form describes; raises BadInput with the field in `where`."""
    if in_environment(settings):
        raise BadInput(
            "this connection is set by AUDITDASH_MODE_*", expected="a change of the environment"
        )
    _check_address(given.base_url)
    if not _NAME.fullmatch(given.remote_workspace):
        raise BadInput(
            f"{shorten(given.remote_workspace)} is not a workspace of Mode",
            where="remote_workspace",
            expected="the name after app.mode.com/ in the address of your Mode",
        )
    if not _CREDENTIAL.fullmatch(given.token) or ":" in given.token:
        raise BadInput("it is not a token", where="token", expected="letters, digits and signs")
    if not 0 <= given.start_at < now:
        raise BadInput("it lies ahead", where="start_on", expected="a day in the past")
    known = connections.find(connection, workspace_id, SOURCE)
    _check_same_archive(connection, known, given)
    return _login(settings, known, given)


def connect(
    connection: Connection, settings: Settings, workspace_id: int, given: Details, now: Instant
) -> int:
    """Save what the form says, due at once; the connection's id. Raises BadInput."""
    login = check_details(connection, settings, workspace_id, given, now)
    access = Access(
        base_url=login.base_url,
        remote_workspace=login.workspace,
        token=login.token,
        sealed_secret=seal(settings.instance, login.secret.encode()),
        start_at=given.start_at,
    )
    return connections.save(connection, workspace_id, SOURCE, access, now)


def adopt_environment(connection: Connection, settings: Settings, now: Instant) -> Feed | None:
    """Bring the feed of the first real workspace in line with AUDITDASH_MODE_*; None if not set.

    The environment wins over what the form said before; its secret is not stored.
    """
    if not in_environment(settings):
        return None
    workspace_id = _first_real(connection, settings, now)
    known = connections.find(connection, workspace_id, SOURCE)
    start_at = known.start_at if known else Instant(now - _FIRST_DAYS * DAY)
    if settings.mode_start:
        start_at = parse_instant(f"{settings.mode_start}T00:00:00Z")
    access = Access(
        base_url=settings.mode_url.rstrip("/"),
        remote_workspace=settings.mode_workspace,
        token=settings.mode_token,
        sealed_secret=b"",
        start_at=start_at,
    )
    if known and access == _access_of(known):
        return known
    connections.save(connection, workspace_id, SOURCE, access, now)
    return connections.find(connection, workspace_id, SOURCE)


def open_login(settings: Settings, feed: Feed) -> Login:
    """The login of a stored feed; raises BadInput when its secret cannot be had."""
    if feed.sealed_secret:
        secret = unseal(settings.instance, feed.sealed_secret).decode()
    elif settings.mode_token == feed.token:
        secret = settings.mode_secret
    else:
        raise BadInput(
            "the secret came from AUDITDASH_MODE_SECRET, which is not set any more",
            expected="the variable, or the secret entered on the coverage page",
        )
    return Login(
        base_url=feed.base_url, workspace=feed.remote_workspace, token=feed.token, secret=secret
    )


def try_login(login: Login, around: Surroundings, agent: str = AGENT) -> int:
    """Read the last five minutes once, patient for seconds only; how many events there were.

    Raises ModeError with what was wrong and what to do.
    """
    end = Instant(around.clock() // SECOND * SECOND)
    with ModeClient(login, around=around, patience=_BRIEF, agent=agent) as client:
        return len(client.fetch_page(Period(Instant(end - 5 * MINUTE), end), None).items)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    secure = host and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))
    plain = not (parts.query or parts.fragment or parts.username) if host else False
    if not (secure and plain and url.isascii() and url.isprintable()):
        raise BadInput(
            f"{shorten(url)} is not an address to pull from",
            where="base_url",
            expected="https://app.mode.com, or another https address",
        )


def _check_same_archive(connection: Connection, known: Feed | None, given: Details) -> None:
    """Two Mode workspaces in one archive would make its coverage a lie."""
    if known is None or known.remote_workspace == given.remote_workspace:
        return
    if any(window.pages for window in windows.list_windows(connection, known.id, limit=1)):
        raise BadInput(
            f"this archive holds events of {shorten(known.remote_workspace)}",
            where="remote_workspace",
            expected="the same workspace, or another archive for another one",
        )


def _login(settings: Settings, known: Feed | None, given: Details) -> Login:
    base_url = given.base_url.rstrip("/")
    login = Login(
        base_url=base_url,
        workspace=given.remote_workspace,
        token=given.token,
        secret=given.secret,
    )
    if given.secret:
        if not _CREDENTIAL.fullmatch(given.secret):
            raise BadInput("it is not a secret of Mode", where="secret", expected="no spaces")
        return login
    # A stored secret goes only where it went before: whoever changes the address must know it.
    same = known and (known.base_url, known.token) == (base_url, given.token)
    if known is None or not same:
        raise BadInput("it is empty", where="secret", expected="the secret of this token")
    return replace(login, secret=open_login(settings, known).secret)


def _access_of(feed: Feed) -> Access:
    return Access(**{name: getattr(feed, name) for name in Access.__struct_fields__})


def _first_real(connection: Connection, settings: Settings, now: Instant) -> int:
    for workspace in list_workspaces(connection):
        if workspace.kind == "real":
            return workspace.id
    made = create_workspace(
        connection,
        slug="workspace",
        name=settings.mode_workspace,
        kind="real",
        zone=settings.zone,
        now=now,
    )
    return made or _first_real(connection, settings, now)  # another process was faster
