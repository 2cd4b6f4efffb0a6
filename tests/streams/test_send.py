"""Streams: every event at least once, in the order of arrival; what is hopeless is told of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine

from auditdash import jobs
from auditdash.downloads.forms.form import FORMS
from auditdash.events.instants import HOUR, SECOND, Instant
from auditdash.management import streams as management
from auditdash.outgoing.webhook import sign
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.sending.notices import find_notices
from auditdash.store.sending.streams import (
    advance_stream,
    claim_stream,
    fail_stream,
    release_stream,
)
from auditdash.streams.batch import find_cursor_before
from auditdash.streams.send import LEASE, PATIENCE, WAITS
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store
from tests.people import add_alice
from tests.receivers import Certified, Mailbox, Receiver, SyslogListener
from tests.reports.sending.made import sending_to
from tests.streams.made import (
    SECRET,
    act_of,
    add_events,
    add_stream,
    ids_taken,
    stream_of,
    streaming_to,
    to_syslog,
    to_webhook,
    work_off,
)


@pytest.fixture
def settings(settings: Settings, certified: Certified, receiver: Receiver) -> Settings:
    return streaming_to(settings, certified, receiver)


def test_events_go_in_the_order_of_arrival_signed_and_late_ones_too(
    engine: Engine, settings: Settings, workspace_id: int, receiver: Receiver
) -> None:
    """By the jobs of a worker; nothing of ours is among them, and nothing goes twice."""
    known = add_stream(engine, settings, workspace_id, to_webhook(receiver, most=2))
    add_events(engine, workspace_id, "a", "b", "c")
    assert jobs.run_due(engine, settings, lambda: NOW) == 1
    add_events(engine, workspace_id, "late", timestamp="2020-01-01T00:00:00Z")
    add_events(engine, workspace_id, "a")  # known already: it has no seq of its own
    assert work_off(engine, settings) == 1
    assert work_off(engine, settings) == 0
    assert ids_taken(receiver) == [["a", "b"], ["c"], ["late"]]
    for taken in receiver.taken:
        stamp = Instant(int(taken.headers["webhook-timestamp"]) * SECOND)
        signed = sign(SECRET, taken.headers["webhook-id"], stamp, taken.body)
        assert signed["webhook-signature"] == taken.headers["webhook-signature"]
    assert len({taken.headers["webhook-id"] for taken in receiver.taken}) == 3
    after = stream_of(engine, workspace_id, known.id)
    assert (after.sent, after.rates(NOW), after.claimed_until) == (4, (4, 0), None)
    assert after.rates(Instant(NOW + HOUR)) == (0, 4)


@ON_SQLITE
@pytest.mark.parametrize("body", ["list", "lines"])
@pytest.mark.parametrize("form", FORMS)
def test_each_form_goes_as_a_list_and_as_lines(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    receiver: Receiver,
    form: str,
    body: str,
) -> None:
    add_stream(engine, settings, workspace_id, to_webhook(receiver, body=body), form=form)
    add_events(engine, workspace_id, "a", "b")
    work_off(engine, settings)
    (taken,) = receiver.taken
    lines = taken.body.splitlines() if body == "lines" else [b""]
    found = list(map(json.loads, lines)) if body == "lines" else json.loads(taken.body)
    ids = [_id_of(form, each) for each in found]
    assert ids == ["a", "b"]
    usual = "application/cloudevents-batch+json" if form == "cloudevents" else "application/json"
    wanted = "application/x-ndjson" if body == "lines" else usual
    assert taken.headers["content-type"] == wanted


def _id_of(form: str, event: dict[str, Any]) -> str:
    inner = {"ocsf": ("metadata", "uid"), "ecs": ("event", "id")}.get(form)
    return str(event[inner[0]][inner[1]] if inner else event["id"])


def test_what_fails_is_tried_again_later_and_nothing_is_skipped(
    engine: Engine, settings: Settings, workspace_id: int, receiver: Receiver
) -> None:
    known = add_stream(engine, settings, workspace_id, to_webhook(receiver))
    add_events(engine, workspace_id, "a")
    receiver.answers += [(500, {}, b""), (302, {"Location": "https://elsewhere"}, b"")]
    now = NOW
    for wait in WAITS[:2]:
        assert work_off(engine, settings, now) == 1
        failed = stream_of(engine, workspace_id, known.id)
        assert (failed.next_at, failed.cursor, failed.paused) == (now + wait, 0, False)
        assert failed.last_error.startswith("localhost answered")
        now = Instant(now + wait)
    add_events(engine, workspace_id, "b")
    assert work_off(engine, settings, now) == 1
    assert ids_taken(receiver) == [["a"], ["a"], ["a", "b"]]
    well = stream_of(engine, workspace_id, known.id)
    assert (well.failures, well.failing_since, well.last_error) == (0, None, "")


def test_a_stream_that_failed_for_a_day_is_paused_and_its_owner_told(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    certified: Certified,
    receiver: Receiver,
    mailbox: Mailbox,
) -> None:
    settings = sending_to(settings, certified, mailbox, inside=receiver.inside)
    alice = add_alice(engine)
    known = add_stream(
        engine,
        settings,
        workspace_id,
        to_webhook(receiver),
        name="SIEM <b>",
        owner_id=alice,
        tell="alice@acme.com",
    )
    add_events(engine, workspace_id, "a")
    receiver.answers += [(503, {}, b"")] * 2
    work_off(engine, settings)
    assert not stream_of(engine, workspace_id, known.id).paused
    later = Instant(NOW + PATIENCE)
    work_off(engine, settings, later)
    paused = stream_of(engine, workspace_id, known.id)
    assert paused.paused
    assert paused.reason == "localhost answered 503 (for 24 hours)"
    with reading(engine) as connection:
        (notice,) = find_notices(connection, workspace_id, alice)
    assert notice.path == f"/settings/streams/{known.id}"
    assert "SIEM <b> was paused: localhost answered 503" in notice.text
    assert jobs.run_due(engine, settings, lambda: later) == 1
    ((to, mail),) = mailbox.mails
    assert to == ["alice@acme.com"]
    assert "a stream was paused" in mail["Subject"]
    with writing(engine) as connection:
        management.resume(connection, act_of(engine, workspace_id, later), paused)
    work_off(engine, settings, later)
    assert ids_taken(receiver)[-1] == ["a"]


def test_what_will_never_arrive_pauses_at_once(
    engine: Engine, settings: Settings, workspace_id: int, receiver: Receiver
) -> None:
    """Gone; inside by its name; a search that this version cannot read."""
    known = add_stream(engine, settings, workspace_id, to_webhook(receiver))
    add_events(engine, workspace_id, "a")
    receiver.answers.append((410, {}, b""))
    work_off(engine, settings)
    assert "wants nothing any more" in stream_of(engine, workspace_id, known.id).reason
    with writing(engine) as connection:
        management.resume(connection, act_of(engine, workspace_id), known)
    work_off(engine, streaming_to(settings, Certified(None, "")))  # type: ignore[arg-type]  # unused
    assert "which is inside" in stream_of(engine, workspace_id, known.id).reason
    assert len(receiver.taken) == 1
    with reading(engine) as connection:
        told = [each.text for each in find_notices(connection, workspace_id, 0)]
    assert len(told) == 2


def test_a_replay_sends_again_from_an_earlier_point(
    engine: Engine, settings: Settings, workspace_id: int, receiver: Receiver
) -> None:
    known = add_stream(engine, settings, workspace_id, to_webhook(receiver))
    add_events(engine, workspace_id, "a", "b")
    later = Instant(NOW + HOUR)
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="c"), now=later)
    work_off(engine, settings)
    with writing(engine) as connection:
        assert find_cursor_before(connection, workspace_id, Instant(0)) == 0
        cursor = find_cursor_before(connection, workspace_id, later)
        management.replay(connection, act_of(engine, workspace_id), known, cursor)
    work_off(engine, settings)
    assert ids_taken(receiver) == [["a", "b", "c"], ["c"]]


def test_one_worker_has_a_stream_and_who_lost_it_changes_nothing(
    engine: Engine, settings: Settings, workspace_id: int, receiver: Receiver
) -> None:
    known = add_stream(engine, settings, workspace_id, to_webhook(receiver))
    add_events(engine, workspace_id, "a")

    def claim(now: Instant) -> Any:
        with writing(engine) as connection:
            return claim_stream(connection, now=now, lease=LEASE)

    first = claim(NOW)
    assert first is not None
    assert claim(NOW) is None
    late = Instant(NOW + LEASE)
    second = claim(late)  # the first one was killed, or is too slow
    done = {"cursor": 2, "sent": 1, "outcome": "", "lease": LEASE}
    with writing(engine) as connection:
        assert advance_stream(connection, first, now=late, **done) is None  # type: ignore[arg-type]  # as above
        assert not fail_stream(connection, first, said="x", now=late, next_at=late)
        release_stream(connection, first)
    assert claim(late) is None
    with writing(engine) as connection:  # somebody moves it while the second one sends
        management.replay(connection, act_of(engine, workspace_id), known, 0)
        assert advance_stream(connection, second, now=late, **done) is None  # type: ignore[arg-type]  # as above
        release_stream(connection, second)
    assert stream_of(engine, workspace_id, known.id).cursor == 0
    assert work_off(engine, settings, late) == 1
    assert ids_taken(receiver) == [["a"]]


def test_a_paused_or_ended_stream_sends_nothing(
    engine: Engine, settings: Settings, workspace_id: int, receiver: Receiver
) -> None:
    known = add_stream(engine, settings, workspace_id, to_webhook(receiver))
    other = add_stream(engine, settings, workspace_id, to_webhook(receiver), name="Other")
    add_events(engine, workspace_id, "a")
    with writing(engine) as connection:
        management.pause(connection, act_of(engine, workspace_id), known)
        management.end(connection, act_of(engine, workspace_id), other)
    assert work_off(engine, settings) == 0
    ended = stream_of(engine, workspace_id, other.id)
    assert ended.sealed is None
    with writing(engine) as connection:
        management.resume(connection, act_of(engine, workspace_id), known)
    assert work_off(engine, settings) == 1


def test_syslog_gets_each_event_as_a_message_with_its_length(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    certified: Certified,
    syslog: SyslogListener,
) -> None:
    settings = streaming_to(settings, certified, syslog, url="https://audit.acme.com")
    config = to_syslog(syslog, facility="local3", enterprise="4711")
    known = add_stream(engine, settings, workspace_id, config, form="ocsf")
    add_events(engine, workspace_id, 'a]"\\', "b", actor__username="Ünal\n<13>1 x")
    work_off(engine, settings)
    first, second = syslog.messages
    assert syslog.connections == 1
    head, _, text = first.partition(b"] \xef\xbb\xbf")
    prefix = "<157>1 2025-02-18T10:47:37.000000Z audit.acme.com auditdash - connections "
    assert head.decode().startswith(prefix + '[auditdash@4711 id="a\\]\\"\\\\" seq="2" ')
    assert 'actor="Ünal <13>1 x"' in head.decode()
    assert json.loads(text)["actor"]["user"]["name"] == "Ünal\n<13>1 x"
    assert b'id="b"' in second
    assert stream_of(engine, workspace_id, known.id).sent == 2
