"""Feeds that fall silent, and that come back: noticed by the worker, kept, told and recorded once.

A pulled feed is judged by when its events happened, since a pull brings the past too; what is
pushed or imported by when it came in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Engine

from auditdash.events.instants import HOUR, MINUTE, Instant, to_rfc3339
from auditdash.events.wording import moment_text
from auditdash.index.occurrences import find_stretches
from auditdash.index.view import View, open_whole
from auditdash.ingest.accesses import SOURCE as OURS
from auditdash.ingest.accesses import append_access, event_of
from auditdash.ingest.coverage import Span, length_text
from auditdash.ingest.watching.habit import LOOKED_AT, SHORT, Judgement, Quiet, judge
from auditdash.search.scope import Scope
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Feed
from auditdash.store.feeds.silences import (
    Silence,
    begin_silence,
    end_silence,
    find_open_silences,
)
from auditdash.store.feeds.watches import Watch, claim_watch, find_watch, is_watch_due
from auditdash.store.sending.deliveries import NewDelivery, insert_deliveries
from auditdash.store.workspaces import Workspace, find_workspace

EVERY: Final = 5 * MINUTE
BEGAN, ENDED = "silence", "silence over"
# Who does it in auditdash's own log: nobody who could sign in has a name with a space.
ACTOR: Final = {"user_id": None, "username": "auditdash itself", "ip": None, "user_agent": None}
AddressesOf = Callable[[Connection, int], Sequence[str]]


class Listening(Struct, frozen=True, kw_only=True):
    """One source and how it speaks. `feed` where it is pulled; without `judgement` there is nothing
    to judge by, and without `is_current` it is not the time: a pull is due, at work or paused."""

    source: str
    feed: Feed | None
    quiet: Quiet | None
    judgement: Judgement | None
    is_watched: bool
    is_current: bool

    @property
    def state(self) -> str:
        """off, nothing (no event for twelve weeks), unknown (no habit yet), paused or fetching
        (not the time to judge), silent or speaking."""
        if not self.is_watched:
            return "off"
        if self.judgement is None:
            return "nothing"
        if self.judgement.usual is None:
            return "unknown"
        if not self.is_current:
            return "paused" if self.feed and self.feed.paused else "fetching"
        return "silent" if self.judgement.is_silent else "speaking"


def watch_next(engine: Engine, now: Instant, addresses_of: AddressesOf) -> bool:
    """Look at the workspace that is due; whether there was something to tell. `addresses_of` says
    where the admins of a workspace get mail, for where no recipients were chosen."""
    with reading(engine) as connection:  # an idle worker must not take the write lock
        if not is_watch_due(connection, now):
            return False
    with writing(engine) as connection:
        workspace_id = claim_watch(connection, now, Instant(now + EVERY))
    if workspace_id is None:
        return False
    with reading(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
        if workspace is None:
            return False
        watch = find_watch(connection, workspace_id)
        heard = listen(connection, workspace, watch, now)
        lasting = find_open_silences(connection, workspace_id)
    news = [each for each in heard if _has_news(each, lasting)]
    for each in news:
        with writing(engine) as connection:
            to = watch.recipients or tuple(addresses_of(connection, workspace_id))
            _settle(connection, workspace, each, lasting, to, now)
    return bool(news)


def listen(
    connection: Connection, workspace: Workspace, watch: Watch, now: Instant
) -> list[Listening]:
    """Every source of a workspace but auditdash itself, by name."""
    view = open_whole(connection, Scope(workspace_id=workspace.id))
    feeds = {each.source: each for each in connections.find_all(connection, workspace.id)}
    known = {entry[0] for entry in view.dictionaries["source"].entries if entry[0]}
    return [
        _listen(view, workspace, watch, source, feeds.get(source), now)
        for source in sorted({*known, *feeds} - {OURS})
    ]


def _listen(
    view: View,
    workspace: Workspace,
    watch: Watch,
    source: str,
    feed: Feed | None,
    now: Instant,
) -> Listening:
    quiet = find_quiet(view, source, now, pulled=feed is not None)
    floor = watch.floor_hours * HOUR
    busy = feed is not None and (
        feed.paused or feed.next_at <= now or (feed.claimed_until or 0) > now
    )
    return Listening(
        source=source,
        feed=feed,
        quiet=quiet,
        judgement=judge(quiet, now, workspace.zone_info, floor) if quiet else None,
        is_watched=workspace.kind == "real" and watch.is_on and source not in watch.left_out,
        is_current=not busy,
    )


def find_quiet(view: View, source: str, now: Instant, *, pulled: bool) -> Quiet | None:
    """What is known of a source's silences; None where nothing of it is recent enough."""
    stretches, first, last = find_stretches(
        view,
        source,
        now - LOOKED_AT,
        now,
        column="time" if pulled else "received",
        longer_than=SHORT,
    )
    if first is None or last is None:
        return None
    spans = tuple(Span(Instant(start), Instant(end)) for start, end in stretches)
    return Quiet(first=Instant(first), last=Instant(last), stretches=spans)


def silence_span(silence: Silence, now: Instant) -> Span:
    """From the last event before it to the first one behind it, or to now."""
    return Span(silence.began_at, silence.ended_at if silence.ended_at is not None else now)


def _has_news(heard: Listening, lasting: Sequence[Silence]) -> bool:
    return bool(list(_over(heard, lasting))) or _is_new(heard, lasting)


def _is_new(heard: Listening, lasting: Sequence[Silence]) -> bool:
    judgement, quiet = heard.judgement, heard.quiet
    if judgement is None or quiet is None or not (heard.is_watched and heard.is_current):
        return False
    known = any((each.source, each.began_at) == (heard.source, quiet.last) for each in lasting)
    return judgement.is_silent and not known


def _over(heard: Listening, lasting: Sequence[Silence]) -> Iterator[tuple[Silence, Instant]]:
    """Silences behind which an event has come, and which one came first."""
    for each in lasting:
        if each.source == heard.source and heard.quiet and heard.quiet.last > each.began_at:
            ends = [span.end for span in heard.quiet.stretches if span.start == each.began_at]
            # Without a stretch events of just then have come late: it was no silence.
            yield each, ends[0] if ends else each.began_at


def _settle(
    connection: Connection,
    workspace: Workspace,
    heard: Listening,
    lasting: Sequence[Silence],
    to: Sequence[str],
    now: Instant,
) -> None:
    for silence, ended_at in _over(heard, lasting):
        if end_silence(connection, silence.id, ended_at, now):
            said = _ended_text(workspace, silence, ended_at)
            told = to if heard.is_watched else ()
            _tell(connection, workspace, silence.source, silence.id, ENDED, said, told, now)
    judgement, quiet = heard.judgement, heard.quiet
    if judgement is None or quiet is None or not _is_new(heard, lasting):
        return
    number = begin_silence(
        connection,
        workspace.id,
        heard.source,
        began_at=quiet.last,
        usual=judgement.usual or 0,
        waited=judgement.waited,
        now=now,
    )
    if number is not None:
        said = began_text(workspace, heard, quiet, judgement)
        _tell(connection, workspace, heard.source, number, BEGAN, said, to, now)


def began_text(workspace: Workspace, heard: Listening, quiet: Quiet, judgement: Judgement) -> str:
    """A silence in words, with what is known of why."""
    verb = "happened" if heard.feed else "came in"
    said = (
        f"The feed {heard.source} is silent: its last event {verb} at"
        f" {moment_text(quiet.last, workspace.zone_info)}, {length_text(judgement.age)} ago."
        f" At this hour of the week {_usual_text(judgement.usual or 0)} without an event is usual,"
        f" and {length_text(judgement.waited)} were waited for."
    )
    if heard.feed is None:
        return f"{said} It is pushed or imported: look at what sends it."
    if heard.feed.last_error:
        return f"{said} The last pull failed: {heard.feed.last_error}."
    return f"{said} The last pull went well, and brought nothing new."


def _usual_text(usual: int) -> str:
    return f"up to {length_text(usual)}" if usual else f"less than {length_text(SHORT)}"


def _ended_text(workspace: Workspace, silence: Silence, ended_at: Instant) -> str:
    if ended_at == silence.began_at:
        return (
            f"The feed {silence.source} is back, and was not silent: the events after"
            f" {moment_text(silence.began_at, workspace.zone_info)} came late."
        )
    return (
        f"The feed {silence.source} is back: the first event after"
        f" {length_text(ended_at - silence.began_at)} of silence is of"
        f" {moment_text(ended_at, workspace.zone_info)}."
    )


def _tell(
    connection: Connection,
    workspace: Workspace,
    source: str,
    silence_id: int,
    purpose: str,
    said: str,
    to: Sequence[str],
    now: Instant,
) -> None:
    """By mail, each recipient once; and in auditdash's own log."""
    word = "began" if purpose == BEGAN else "ended"
    mails = [
        NewDelivery(
            workspace_id=workspace.id,
            key=f"silence-{silence_id}/{word}/{address}",
            purpose=purpose,
            recipient=address,
            note=said,
        )
        for address in to
    ]
    insert_deliveries(connection, mails, now)
    event = event_of(
        workspace,
        now,
        ACTOR,
        action="auditdash_feed_fell_silent" if purpose == BEGAN else "auditdash_feed_came_back",
        description=said,
        entity=("auditdash_feed", source, source),
        context={"silence": str(silence_id), "noticed_at": to_rfc3339(now), "said": said},
    )
    append_access(connection, event)
