"""The numbers of an installation, for a monitor: sums and ages, nobody's name and no event."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from sqlalchemy import Connection, Engine

from auditdash.events.instants import SECOND, Instant
from auditdash.index.keep_up import find_lags
from auditdash.operation.exposition import Metric, Sample, sample
from auditdash.operation.requests import BUCKETS, OTHER, Counted, RequestCounts
from auditdash.settings import Settings
from auditdash.store.engine import DatabaseUnfit, reading
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Feed
from auditdash.store.receipts import COUNTS
from auditdash.store.sending.streams import Stream, list_streams
from auditdash.store.standing.totals import (
    Delivered,
    DeliveredSums,
    count_waiting,
    find_last_runs,
    find_size,
)
from auditdash.store.workspaces import Workspace, list_workspaces

_BECAME = COUNTS[1:]


class Kept:
    """What a process keeps for its answers: the counts of requests, and sums that are settled."""

    def __init__(self, requests: RequestCounts) -> None:
        self.requests = requests
        self.delivered = DeliveredSums()


def gather_metrics(
    engine: Engine,
    settings: Settings,
    kept: Kept,
    now: Instant,
    workspace_id: int | None = None,
) -> list[Metric]:
    """Of one workspace, or of all; what is not of a workspace is told anyway.

    A database that does not answer is one of the numbers.
    """
    try:
        with reading(engine) as connection:
            stored = list(_stored(connection, kept, now, workspace_id))
    except DatabaseUnfit:
        stored = []
    up = _gauge("database_up", "1 when the database answers.", sample(int(bool(stored))))
    return [up, *stored, _disk(settings), *_requests(kept.requests.counted())]


def _stored(
    connection: Connection, kept: Kept, now: Instant, workspace_id: int | None
) -> Iterator[Metric]:
    every = list_workspaces(connection)
    seen = {each.id: each.slug for each in every if workspace_id in {None, each.id}}
    events = [sample(each.last_seq, workspace=each.slug) for each in every if each.id in seen]
    yield _counter("events_total", "Events stored.", *events)
    yield from _delivered(kept.delivered.count(connection, now), seen)
    waiting = count_waiting(connection)
    yield _gauge(
        "quarantine_records",
        "Rejected records that wait in the quarantine.",
        *(sample(waiting.get(number, 0), workspace=slug) for number, slug in seen.items()),
    )
    yield from _feeds(connections.find_all(connection), seen, now)
    yield from _reports(connection, seen)
    yield from _streams(list_streams(connection), every, seen)
    lags = [each for each in find_lags(connection) if each.workspace_id in seen]
    yield _gauge(
        "index_lag_events",
        "Stored events that the search index lacks.",
        *(sample(each.missing, workspace=seen[each.workspace_id]) for each in lags),
    )
    yield _gauge("database_bytes", "Size of the database.", sample(find_size(connection)))


def _delivered(every: list[Delivered], seen: dict[int, str]) -> Iterator[Metric]:
    keyed = [
        (each, {"workspace": seen[each.workspace_id], "channel": each.channel})
        for each in every
        if each.workspace_id in seen
    ]
    yield _counter(
        "receipts_total",
        "Deliveries, by the way they came.",
        *(sample(each.receipts, **key) for each, key in keyed),
    )
    yield _counter(
        "receipts_broken_total",
        "Deliveries whose rest could not be read.",
        *(sample(each.failed, **key) for each, key in keyed),
    )
    yield _counter(
        "records_total",
        "Records received, by what became of them.",
        *(
            sample(getattr(each, became), **key, became=became)
            for each, key in keyed
            for became in _BECAME
        ),
    )


def _feeds(every: list[Feed], seen: dict[int, str], now: Instant) -> Iterator[Metric]:
    keyed = [
        (feed, {"workspace": seen[feed.workspace_id], "source": feed.source})
        for feed in every
        if feed.workspace_id in seen
    ]
    pulled = [(at, key) for feed, key in keyed if (at := feed.last_ok_at) is not None]
    yield _gauge(
        "feed_last_success_timestamp_seconds",
        "When a pull last succeeded; without a success there is none.",
        *(sample(at / SECOND, **key) for at, key in pulled),
    )
    yield _gauge(
        "feed_age_seconds",
        "Time since the last successful pull, or since the feed was connected.",
        *(
            sample((now - (feed.last_ok_at or feed.created_at)) / SECOND, **key)
            for feed, key in keyed
        ),
    )
    yield _gauge(
        "feed_failing",
        "1 when the newest pull failed.",
        *(sample(int(feed.last_error is not None), **key) for feed, key in keyed),
    )
    yield _gauge(
        "feed_paused", "1 when it is paused.", *(sample(int(f.paused), **key) for f, key in keyed)
    )


def _reports(connection: Connection, seen: dict[int, str]) -> Iterator[Metric]:
    keyed = [
        (run, {"workspace": seen[run.workspace_id], "asked": _asker(run.by_schedule)})
        for run in find_last_runs(connection)
        if run.workspace_id in seen
    ]
    yield _gauge(
        "report_last_success",
        "1 when the newest finished report was made, 0 when it failed.",
        *(sample(int(run.succeeded), **key) for run, key in keyed),
    )
    yield _gauge(
        "report_last_timestamp_seconds",
        "When the newest report was finished or given up.",
        *(sample(run.finished_at / SECOND, **key) for run, key in keyed),
    )


def _streams(
    streams: list[Stream], every: list[Workspace], seen: dict[int, str]
) -> Iterator[Metric]:
    newest = {each.id: each.last_seq for each in every}
    keyed = [
        (each, {"workspace": seen[each.workspace_id], "stream": str(each.id)})
        for each in streams
        if each.workspace_id in seen
    ]
    yield _gauge(
        "stream_lag_events",
        "Stored events that a stream has not looked at yet.",
        *(sample(max(newest[each.workspace_id] - each.cursor, 0), **key) for each, key in keyed),
    )
    yield _counter(
        "stream_sent_total", "Events sent.", *(sample(each.sent, **key) for each, key in keyed)
    )
    yield _gauge(
        "stream_failing",
        "1 when what was sent last did not arrive.",
        *(sample(int(each.failures > 0), **key) for each, key in keyed),
    )
    yield _gauge(
        "stream_paused", "1 when it is paused.", *(sample(int(s.paused), **key) for s, key in keyed)
    )


def _asker(by_schedule: bool) -> str:
    return "schedule" if by_schedule else "person"


def _disk(settings: Settings) -> Metric:
    free = shutil.disk_usage(settings.instance).free
    return _gauge("disk_free_bytes", "Free room where the instance lives.", sample(free))


def _requests(every: list[Counted]) -> Iterator[Metric]:
    yield _counter(
        "http_requests_total",
        "Requests answered, by all workers.",
        *(
            sample(
                count, endpoint=each.endpoint, status=str(status) if status != OTHER else "other"
            )
            for each in every
            for status, count in each.by_status.items()
        ),
    )
    yield Metric(
        "auditdash_http_request_seconds",
        "histogram",
        "Time until an answer began.",
        tuple(part for each in every for part in _histogram(each)),
    )


def _histogram(counted: Counted) -> Iterator[Sample]:
    endpoint, total = ("endpoint", counted.endpoint), 0
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), counted.by_bucket, strict=True):
        total += count
        yield Sample(total, (endpoint, ("le", bound)), "_bucket")
    yield Sample(counted.microseconds / 1_000_000, (endpoint,), "_sum")
    yield Sample(total, (endpoint,), "_count")


def _gauge(name: str, text: str, *samples: Sample) -> Metric:
    return Metric(f"auditdash_{name}", "gauge", text, samples)


def _counter(name: str, text: str, *samples: Sample) -> Metric:
    return Metric(f"auditdash_{name}", "counter", text, samples)
