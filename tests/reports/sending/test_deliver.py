"""Deliveries: each arrives, is tried again, is given up and told of; none is lost or sent twice."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from auditdash import jobs
from auditdash.events.instants import DAY, HOUR, MINUTE, SECOND, Instant, to_rfc3339
from auditdash.outgoing.s3 import Bucket
from auditdash.outgoing.webhook import make_secret, sign
from auditdash.reports.sending.deliver import LEASE, WAITS, send_next
from auditdash.reports.sending.destinations import (
    FolderTo,
    MailTo,
    SlackTo,
    StorageTo,
    WebhookTo,
    seal_secret,
)
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.sending.deliveries import (
    ROUND,
    claim_delivery,
    finish_delivery,
    retry_delivery,
)
from auditdash.store.sending.destinations import (
    Destination,
    choose_destinations,
    end_destination,
)
from auditdash.store.sending.notices import find_notices
from tests.make import NOW, make_record, store
from tests.people import add_alice
from tests.receivers import Certified, Mailbox, Receiver, Storage
from tests.reports.schedules import add_destination, add_schedule, make_plan
from tests.reports.sending.made import (
    PDF,
    deliveries_of,
    send_made,
    send_scheduled,
    sending_to,
)

_SECRET = make_secret()


def _webhook(
    engine: Engine, settings: Settings, workspace_id: int, receiver: Receiver
) -> Destination:
    with writing(engine) as connection:
        return add_destination(
            connection,
            workspace_id,
            WebhookTo(receiver.url),
            kind="webhook",
            now=NOW,
            sealed=seal_secret(settings.instance, _SECRET),
        )


def _mail(engine: Engine, workspace_id: int, *addresses: str) -> Destination:
    with writing(engine) as connection:
        return add_destination(
            connection, workspace_id, MailTo(addresses), kind="mail", now=NOW, name="Officers"
        )


def _work_off(engine: Engine, settings: Settings, now: Instant = NOW) -> int:
    sent = 0
    while send_next(engine, settings, now):
        sent += 1
    return sent


def test_a_schedule_sends_its_report_to_every_kind_of_destination(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    certified: Certified,
    mailbox: Mailbox,
    receiver: Receiver,
    storage: Storage,
    tmp_path: Path,
) -> None:
    """The whole way, by the jobs of a worker: slot, report, mail, folder, storage, program."""
    root, bucket = tmp_path / "sent", f"reports-{uuid4().hex[:12]}"
    root.mkdir()
    storage.client().create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    inside = receiver.inside | {storage.host}
    settings = sending_to(settings, certified, mailbox, folder=root, inside=inside)
    place = Bucket(
        endpoint=storage.endpoint, region="us-east-1", bucket=bucket, folder="a", lock_days=30
    )
    slack = receiver.url.replace("hook", "slack")
    with writing(engine) as connection:
        known = add_schedule(connection, workspace_id, make_plan("daily 0 06:00"), NOW)
        day_before = to_rfc3339(Instant(known.next_at - DAY))
        store(connection, workspace_id, make_record(timestamp=day_before))
        made = [
            add_destination(
                connection,
                workspace_id,
                config,
                kind=kind,
                now=NOW,
                sealed=seal_secret(settings.instance, secret),
            )
            for kind, config, secret in (
                ("mail", MailTo(("ann@acme.com", "bob@acme.com")), ""),
                ("folder", FolderTo("daily"), ""),
                ("s3", StorageTo(place, storage.access), storage.secret),
                ("webhook", WebhookTo(receiver.url), _SECRET),
                ("slack", SlackTo("#audit"), slack),
            )
        ]
        choose_destinations(connection, known.id, [each.id for each in made])
    now = Instant(known.next_at + HOUR)
    assert jobs.run_due(engine, settings, lambda: now) == 8  # a slot, a report, six deliveries
    run_id = 1
    done = deliveries_of(engine, run_id)
    assert [(each.state, each.attempts) for each in done] == [("done", 1)] * 6
    digest = done[0].sha256
    assert digest is not None
    (file,) = (root / "daily").iterdir()
    assert hashlib.sha256(file.read_bytes()).digest() == digest
    _check_mails(mailbox, digest)
    stored = storage.client().get_object(Bucket=bucket, Key=f"a/{file.name}")
    assert stored["Body"].read() == file.read_bytes()
    assert stored["ObjectLockMode"] == "COMPLIANCE"
    _check_posts(receiver, file.read_bytes())


def _check_mails(mailbox: Mailbox, digest: bytes) -> None:
    assert [recipients for recipients, _ in mailbox.mails] == [["ann@acme.com"], ["bob@acme.com"]]
    for _, message in mailbox.mails:
        assert message["To"] == "ann@acme.com, bob@acme.com"
        (attached,) = message.iter_attachments()
        assert hashlib.sha256(attached.get_content()).digest() == digest
        body = message.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        everybody = "ann@acme.com, bob@acme.com, The folder, The s3, The slack, The webhook"
        assert f"Sent to: {everybody}" in text
        assert digest.hex() in text
        assert "Exceptions: " in text
    assert len({message["Message-ID"] for _, message in mailbox.mails}) == 1


def _check_posts(receiver: Receiver, pdf: bytes) -> None:
    hook, slack = sorted(receiver.taken, key=lambda taken: taken.path)
    at = Instant(int(hook.headers["webhook-timestamp"]) * SECOND)
    signed = sign(_SECRET, hook.headers["webhook-id"], at, hook.body)
    assert signed["webhook-signature"] == hook.headers["webhook-signature"]
    said: Any = json.loads(hook.body)
    assert said["type"] == "report.made"
    assert base64.b64decode(said["data"]["file"]["content"]) == pdf
    assert said["data"]["rows"] == 1
    posted = json.loads(slack.body)
    assert posted["text"].startswith("*Compliance report*")
    assert posted["blocks"][0]["text"]["verbatim"], "Slack makes no links and mentions of names"


def test_a_report_by_hand_goes_the_same_way(
    engine: Engine, settings: Settings, workspace_id: int, certified: Certified, mailbox: Mailbox
) -> None:
    settings = sending_to(settings, certified, mailbox)
    run_id = send_made(
        engine, settings, workspace_id, [_mail(engine, workspace_id, "ann@acme.com")]
    )
    assert _work_off(engine, settings) == 1
    (done,) = deliveries_of(engine, run_id)
    assert (done.state, done.outcome, done.size) == ("done", "localhost took it", len(PDF))
    message = mailbox.mails[0][1]
    assert message["Subject"].endswith("1 to look at")
    html = message.get_body(("html",))
    assert html is not None
    assert "&lt;b&gt;Mary&lt;/b&gt;" in html.get_content()
    assert _work_off(engine, settings, Instant(NOW + DAY)) == 0


def test_a_file_too_large_for_a_mail_is_a_link(
    engine: Engine, settings: Settings, workspace_id: int, certified: Certified, mailbox: Mailbox
) -> None:
    settings = sending_to(settings, certified, mailbox, mail_bytes=100)
    run_id = send_made(
        engine, settings, workspace_id, [_mail(engine, workspace_id, "ann@acme.com")]
    )
    _work_off(engine, settings)
    message = mailbox.mails[0][1]
    assert list(message.iter_attachments()) == []
    body = message.get_body(("plain",))
    assert body is not None
    assert f"https://audit.example/reports/{run_id}.pdf" in body.get_content()
    assert "with a link" in deliveries_of(engine, run_id)[0].outcome


@pytest.mark.parametrize(
    ("when_empty", "rows", "state"), [(True, 0, "done"), (False, 0, "skipped"), (False, 1, "done")]
)
def test_an_empty_report_is_sent_unless_it_is_not_wanted(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    certified: Certified,
    tmp_path: Path,
    when_empty: bool,
    rows: int,
    state: str,
) -> None:
    settings = sending_to(settings, certified, folder=tmp_path)
    with writing(engine) as connection:
        to = add_destination(connection, workspace_id, FolderTo("x"), kind="folder", now=NOW)
    run_id = send_made(engine, settings, workspace_id, [to], rows=rows, when_empty=when_empty)
    _work_off(engine, settings)
    assert deliveries_of(engine, run_id)[0].state == state
    assert len(list(tmp_path.glob("x/*.pdf"))) == (state == "done")


def test_what_does_not_arrive_is_tried_again_later_and_later_under_one_id(
    engine: Engine, settings: Settings, workspace_id: int, certified: Certified, receiver: Receiver
) -> None:
    settings = sending_to(settings, certified, inside=receiver.inside)
    to = _webhook(engine, settings, workspace_id, receiver)
    run_id = send_made(engine, settings, workspace_id, [to])
    receiver.answers = [(503, {}, b"")] * 2
    now = NOW
    for wait in WAITS[:2]:
        assert _work_off(engine, settings, now) == 1
        waiting = deliveries_of(engine, run_id)[0]
        assert (waiting.state, waiting.outcome) == ("waiting", "localhost answered 503")
        assert waiting.next_at == now + wait
        assert _work_off(engine, settings, Instant(now + wait - 1)) == 0
        now = Instant(now + wait)
    assert _work_off(engine, settings, now) == 1
    assert deliveries_of(engine, run_id)[0].state == "done"
    assert len({taken.headers["webhook-id"] for taken in receiver.taken}) == 1
    assert len(receiver.taken) == 3


def test_who_owns_the_schedule_is_told_when_it_is_given_up_and_by_mail(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    certified: Certified,
    mailbox: Mailbox,
    receiver: Receiver,
) -> None:
    settings = sending_to(settings, certified, mailbox, inside=receiver.inside)
    alice = add_alice(engine)
    with writing(engine) as connection:
        plan = make_plan(owner_id=alice, tell="alice@acme.com")
        known = add_schedule(connection, workspace_id, plan, NOW)
    to = _webhook(engine, settings, workspace_id, receiver)
    run_id = send_scheduled(engine, settings, known, [to])
    receiver.answers = [(500, {}, b"")] * ROUND
    now = NOW
    for _ in range(ROUND):
        _work_off(engine, settings, now)
        now = Instant(now + max(WAITS))
    failed, told = deliveries_of(engine, run_id)
    assert (failed.state, failed.attempts, told.purpose) == ("failed", ROUND, "failure")
    with reading(engine) as connection:
        (notice,) = find_notices(connection, workspace_id, alice)
        assert find_notices(connection, workspace_id, alice + 1) == []
    assert "did not reach The webhook: localhost answered 500" in notice.text
    (recipients, message), *_ = mailbox.mails
    assert recipients == ["alice@acme.com"]
    assert "a scheduled report failed" in message["Subject"]
    with writing(engine) as connection:
        assert not retry_delivery(connection, workspace_id + 1, failed.id, now)
        assert retry_delivery(connection, workspace_id, failed.id, now)
    assert _work_off(engine, settings, now) == 1
    assert deliveries_of(engine, run_id)[0].state == "done"


def test_one_bad_address_keeps_nobody_else_from_theirs(
    engine: Engine, settings: Settings, workspace_id: int, certified: Certified, mailbox: Mailbox
) -> None:
    settings = sending_to(settings, certified, mailbox)
    mailbox.refused = {"gone@acme.com": "550 no such mailbox"}
    to = _mail(engine, workspace_id, "gone@acme.com", "ann@acme.com")
    run_id = send_made(engine, settings, workspace_id, [to])
    _work_off(engine, settings)
    gone, ann = deliveries_of(engine, run_id)
    assert (gone.state, ann.state) == ("failed", "done")
    assert "does not take gone@acme.com: 550 no such mailbox" in gone.outcome


def test_a_destination_that_was_removed_gets_nothing_more(
    engine: Engine, settings: Settings, workspace_id: int, certified: Certified, receiver: Receiver
) -> None:
    settings = sending_to(settings, certified, inside=receiver.inside)
    to = _webhook(engine, settings, workspace_id, receiver)
    run_id = send_made(engine, settings, workspace_id, [to])
    with writing(engine) as connection:
        end_destination(connection, to, NOW)
    _work_off(engine, settings)
    failed = deliveries_of(engine, run_id)[0]
    assert (failed.state, failed.outcome) == ("failed", "The destination was removed.")
    assert receiver.taken == []


def test_a_file_that_was_changed_since_it_was_made_goes_nowhere(
    engine: Engine, settings: Settings, workspace_id: int, certified: Certified, receiver: Receiver
) -> None:
    settings = sending_to(settings, certified, inside=receiver.inside)
    to = _webhook(engine, settings, workspace_id, receiver)
    run_id = send_made(engine, settings, workspace_id, [to])
    (kept,) = (settings.instance / "reports").iterdir()
    kept.write_bytes(PDF + b"more")
    _work_off(engine, settings)
    failed = deliveries_of(engine, run_id)[0]
    assert failed.state == "failed"
    assert "was changed on the disk" in failed.outcome
    assert receiver.taken == []


def test_who_lost_the_lease_can_change_nothing(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    run_id = send_made(
        engine, settings, workspace_id, [_mail(engine, workspace_id, "ann@acme.com")]
    )
    later = Instant(NOW + LEASE + SECOND)
    with writing(engine) as connection:
        lost = claim_delivery(connection, now=NOW, until=Instant(NOW + LEASE))
        assert claim_delivery(connection, now=NOW, until=later) is None
        kept = claim_delivery(connection, now=later, until=Instant(later + MINUTE))
        assert lost is not None
        assert kept is not None
        assert not finish_delivery(connection, lost, state="failed", outcome="", now=later)
        assert finish_delivery(connection, kept, state="done", outcome="", now=later)
    assert deliveries_of(engine, run_id)[0].state == "done"


def test_deliveries_whose_workers_die_again_and_again_are_given_up_and_each_is_told(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    to = _mail(engine, workspace_id, "ann@acme.com", "bob@acme.com")
    with writing(engine) as connection:
        plan = make_plan(tell="alice@acme.com")
        known = add_schedule(connection, workspace_id, plan, NOW)
    run_id = send_scheduled(engine, settings, known, [to])
    now = NOW
    for _ in range(ROUND):
        with writing(engine) as connection:
            until = Instant(now + LEASE)
            assert all(claim_delivery(connection, now=now, until=until) for _ in range(2))
        now = Instant(until + SECOND)
    send_next(engine, settings, now)
    ann, bob, *told = deliveries_of(engine, run_id)
    for failed, name in ((ann, "ann"), (bob, "bob")):
        assert failed.outcome == f"The worker stopped while sending it, after {ROUND} attempts."
        assert any(f"did not reach {name}@acme.com" in each.note for each in told)
    with reading(engine) as connection:
        assert len(find_notices(connection, workspace_id, 1)) == 2
