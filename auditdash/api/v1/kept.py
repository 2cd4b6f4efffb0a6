"""What is kept beside the events: saved searches, coverage, and the token itself."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response
from werkzeug.exceptions import Forbidden, NotFound

from auditdash.accounts.tokens import READ, WORKSPACE, Token
from auditdash.api.answers import answer_json
from auditdash.api.arguments import ZONE, text
from auditdash.api.call import Call
from auditdash.api.operations import Operation, operation
from auditdash.api.shapes import (
    CoverageAnswer,
    DayObject,
    DaysObject,
    EchoesObject,
    EchoTestObject,
    FeedObject,
    PeriodObject,
    SearchesAnswer,
    SearchObject,
    SilenceObject,
    SourceObject,
    TokenObject,
)
from auditdash.events.instants import MINUTE, SECOND, Instant, to_rfc3339
from auditdash.ingest.coverage import Coverage, Span, coverage
from auditdash.ingest.watching.silences import Listening, listen, silence_span
from auditdash.operation.strip import Strip, gather_strip, parse_month
from auditdash.search.scope import Clock
from auditdash.store.engine import reading
from auditdash.store.feeds.echo_tests import EchoTest, find_newest_test
from auditdash.store.feeds.silences import Silence, list_silences
from auditdash.store.feeds.watches import find_watch
from auditdash.store.saved_searches import SavedSearch, find_saved_search, list_saved_searches

blueprint = Blueprint("api_kept", __name__, url_prefix="/api/v1")

_NOBODY = 0  # owns no search: sees those that are shared


@blueprint.get("/searches")
@operation(
    Operation(
        name="listSearches",
        tag="Kept",
        summary="Saved searches",
        says="Those that are shared; with a member token also its owner's own.",
        scope=None,
        answer=SearchesAnswer,
    )
)
def list_searches(call: Call) -> Response:
    """By name."""
    reader = call.reader
    person_id = _looks_as(reader.token)
    with reading(reader.installation.engine) as connection:
        found = list_saved_searches(connection, reader.workspace.id, person_id)
    return answer_json(SearchesAnswer(searches=[_search(each) for each in found]))


@blueprint.get("/searches/<int:search_id>")
@operation(
    Operation(
        name="getSearch",
        tag="Kept",
        summary="One saved search",
        scope=None,
        answer=SearchObject,
        refusals=(404,),
    )
)
def get_search(call: Call, search_id: int) -> Response:
    """Its query can be given to any operation as `q`."""
    reader = call.reader
    person_id = _looks_as(reader.token)
    with reading(reader.installation.engine) as connection:
        found = find_saved_search(connection, reader.workspace.id, person_id, search_id)
    if found is None:
        raise NotFound("There is no such search, or it is not shared.")
    return answer_json(_search(found))


@blueprint.get("/coverage")
@operation(
    Operation(
        name="getCoverage",
        tag="Kept",
        summary="What has been fetched of each feed, which gaps there are, and each day of one",
        says="`days` are twelve months of one `source`: the one that is pulled, if none is asked"
        " for.",
        arguments=(
            ZONE,
            text("source", "whose days", "mode"),
            text("until", "the last month of `days`", "2026-03"),
        ),
        answer=CoverageAnswer,
    )
)
def get_coverage(call: Call) -> Response:
    """As the page *Coverage* has it."""
    installation, clock = call.reader.installation, call.clock
    interval = installation.settings.pull_minutes * MINUTE
    with reading(installation.engine) as connection:
        scope = call.reader.scope(connection, None)
        found = coverage(connection, scope.workspace_id, clock.now, interval=interval)
        covered = {each.feed.source: each for each in found}
        watch = find_watch(connection, scope.workspace_id)
        heard = listen(connection, call.reader.workspace, watch, clock.now)
        sources = [each.source for each in heard]
        source = call.choice("source", sources, next(iter([*covered, *sources]), ""))
        past = {each: list_silences(connection, scope.workspace_id, each) for each in sources}
        tried = find_newest_test(connection, scope.workspace_id)
        strip = None
        if source:
            spans = [silence_span(each, clock.now) for each in past[source]]
            until = parse_month(call.word("until"))
            strip = gather_strip(
                connection, scope, clock, source, covered.get(source), spans, until
            )
    call.record("api-coverage")
    feeds = [_feed(each, tried) for each in found]
    return answer_json(
        CoverageAnswer(
            feeds=feeds,
            sources=[_source(each, past[each.source]) for each in heard],
            days=_days(strip, clock) if strip else None,
        )
    )


@blueprint.get("/token")
@operation(
    Operation(
        name="getToken",
        tag="Kept",
        summary="The token that asks: what it may do, where, and until when",
        scope=None,
        answer=TokenObject,
    )
)
def get_token(call: Call) -> Response:
    """All but its secret."""
    token = call.reader.token
    return answer_json(
        TokenObject(
            name=token.name,
            begins_with=token.prefix,
            kind=token.kind,
            scopes=token.scopes.split(),
            workspace=call.reader.workspace.slug,
            created_at=to_rfc3339(token.created_at),
            expires_at=_text(token.expires_at),
        )
    )


def _looks_as(token: Token) -> int:
    """The person whose searches it may have; a token that only sends has no business with any."""
    if token.kind == WORKSPACE and not token.may(READ):
        raise Forbidden("This token may not read: make one with the scope read.")
    return token.person_id or _NOBODY


def _search(saved: SavedSearch) -> SearchObject:
    return SearchObject(
        id=saved.id,
        name=saved.name,
        owner=saved.owner,
        query=saved.query,
        zone=saved.zone,
        shared=saved.shared,
        language=saved.language,
        changed_at=to_rfc3339(saved.changed_at),
    )


def _feed(found: Coverage, tried: EchoTest | None) -> FeedObject:
    feed, echoes = found.feed, found.echoes
    return FeedObject(
        source=feed.source,
        remote_workspace=feed.remote_workspace,
        start=to_rfc3339(found.span.start),
        end=to_rfc3339(found.span.end),
        percent=round(found.percent, 1),
        gaps=[_period(each) for each in found.gaps],
        windows=found.windows,
        echoes=EchoesObject(
            expected=echoes.expected,
            seen=echoes.seen,
            first_missing_at=_text(echoes.first_missing_at),
        ),
        echo_test=_tried(tried) if tried and tried.connection_id == feed.id else None,
        paused=feed.paused,
        last_ok_at=_text(feed.last_ok_at),
        last_error=feed.last_error,
    )


def _tried(test: EchoTest) -> EchoTestObject:
    took = None
    if test.read_at is not None and test.found_at is not None:
        took = max(0, test.found_at - test.read_at) / SECOND
    return EchoTestObject(
        state=test.state,
        asked_at=to_rfc3339(test.asked_at),
        read_at=_text(test.read_at),
        back_seconds=took,
        said=test.said,
    )


def _source(heard: Listening, past: Sequence[Silence]) -> SourceObject:
    judgement = heard.judgement
    lasts = heard.is_watched and any(each.ended_at is None for each in past)
    known = judgement is not None and judgement.usual is not None
    return SourceObject(
        source=heard.source,
        pulled=heard.feed is not None,
        state="silent" if lasts else heard.state,
        last_event_at=_text(heard.quiet.last if heard.quiet else None),
        usual_seconds=(judgement.usual or 0) // SECOND if judgement and known else None,
        waited_seconds=judgement.waited // SECOND if judgement and known else None,
        silences=[
            SilenceObject(
                began_at=to_rfc3339(each.began_at),
                ended_at=_text(each.ended_at),
                noticed_at=to_rfc3339(each.noticed_at),
            )
            for each in past
        ],
    )


def _days(strip: Strip, clock: Clock) -> DaysObject:
    return DaysObject(
        source=strip.source,
        pulled=strip.is_pulled,
        zone=clock.zone.key,
        earlier=f"{strip.earlier:%Y-%m}" if strip.earlier else None,
        days=[
            DayObject(
                on=each.on.isoformat(),
                state=each.state,
                gaps=[_period(gap) for gap in each.gaps],
                events=each.events,
                late=each.late,
                silent_seconds=each.silent // SECOND,
                query=each.query,
            )
            for each in strip.cells
        ],
    )


def _period(span: Span) -> PeriodObject:
    return PeriodObject(start=to_rfc3339(span.start), end=to_rfc3339(span.end))


def _text(instant: Instant | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)
