"""The demo workspace: the same each time, in the shape of the feed, and possible."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from hashlib import sha256
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest

from auditdash.events.catalogue import actions, find_action
from auditdash.events.instants import DAY, parse_instant, to_datetime
from auditdash.events.wording import sentence
from auditdash.ingest.sources.demo import iterate_demo
from auditdash.records.normalise import normalise
from tests.ingest.demo_records import UNTIL, demo_events, demo_records
from tests.ingest.demo_replay import Replay
from tests.make import OURS

NEW_YORK = ZoneInfo("America/New_York")
SHORT = """
import sys
from hashlib import sha256
from itertools import islice
from auditdash.ingest.sources.demo import iterate_demo
print(sha256(b"".join(islice(iterate_demo(int(sys.argv[1])), 3000))).hexdigest())
"""


class Actor(msgspec.Struct, forbid_unknown_fields=True):
    ip: str | None
    user_agent: str | None
    user_id: str
    username: str


class Entity(msgspec.Struct, forbid_unknown_fields=True):
    entity_name: str
    entity_type: str
    entity_id: str


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """The wire shape, to the letter."""

    id: str
    action: str
    description: str | None
    timestamp: str
    workspace_username: str
    context: dict[str, str | None]
    actor: Actor
    entity: Entity


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_same_end_gives_the_same_bytes_in_another_process(hash_seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHORT, str(UNTIL)],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "."},
    )
    assert done.stdout.strip() == sha256(b"".join(demo_records()[:3000])).hexdigest()


def test_another_seed_gives_another_demo() -> None:
    other = next(iter(iterate_demo(UNTIL, seed=2)))
    assert other != demo_records()[0]


def test_there_are_about_40_000_events_of_six_months() -> None:
    events = demo_events()
    assert 36_000 <= len(events) <= 44_000
    assert 175 * DAY < UNTIL - events[0].occurred_at < 186 * DAY
    assert UNTIL - events[-1].occurred_at < DAY


@pytest.mark.parametrize("end", ["2026-02-28T23:59:59Z", "2027-01-01T00:00:00Z"])
def test_any_end_will_do(end: str) -> None:
    until = parse_instant(end)
    records = list(iterate_demo(until))
    assert 34_000 <= len(records) <= 46_000
    found = {msgspec.json.decode(raw, type=Record).action for raw in records}
    assert found >= {action.name for action in actions()} - OURS
    assert Replay().play(normalise(raw, "mode", "") for raw in records) == []


def test_every_record_has_the_shape_of_the_wire_and_an_id_of_its_own() -> None:
    records = [msgspec.json.decode(raw, type=Record) for raw in demo_records()]
    assert len({record.id for record in records}) == len(records)
    assert all(record.context["correlation_id"] for record in records)
    assert {record.workspace_username for record in records} == {"lumenworks"}


def test_all_50_actions_occur_several_times() -> None:
    counts = Counter(event.action for event in demo_events())
    assert all(counts[action.name] >= 3 for action in actions() if action.name not in OURS)


def test_records_come_oldest_first_each_at_an_instant_of_its_own() -> None:
    instants = [event.occurred_at for event in demo_events()]
    assert all(before < after for before, after in pairwise(instants))


def test_fractions_of_seconds_have_0_3_6_and_9_digits() -> None:
    digits = Counter(len(event.occurred_text) - 20 for event in demo_events())
    assert set(digits) == {0, 4, 7, 10}
    assert min(digits.values()) > 200


def test_nothing_happens_that_cannot_have_happened() -> None:
    assert Replay().play(demo_events()) == []


@pytest.mark.parametrize(
    "action",
    [
        "org_user_invited",
        "group_created",
        "group_member_added",
        "collection_member_added",
        "connection_member_added_with_role",
        "report_activity_report_created",
        "report_schedule_created",
        "api_token_member_key_generated",
    ],
)
def test_the_replay_sees_when_an_event_is_missing(action: str) -> None:
    without = [event for event in demo_events() if event.action != action]
    assert Replay().play(without)


def test_most_happens_on_weekdays_in_office_hours_and_little_on_holidays() -> None:
    days: Counter[str] = Counter()
    by_hour: Counter[int] = Counter()
    for event in demo_events():
        if event.actor.username != "svc_auditdash":
            local = to_datetime(event.occurred_at, NEW_YORK)
            days[f"{local:%Y-%m-%d %w}"] += 1
            by_hour[local.hour] += 1
    weekend = sum(count for day, count in days.items() if day[-1] in "06")
    assert weekend < 0.05 * sum(days.values())
    assert days["2026-07-03 5"] < 0.7 * days["2026-07-10 5"]
    assert sum(by_hour[hour] for hour in range(4, 18)) > 0.9 * sum(by_hour.values())


def test_everything_that_has_a_subject_in_the_catalogue_names_it() -> None:
    for event in demo_events():
        action = find_action(event.action)
        if action is not None and action.subject is not None:
            assert event.subject.name, sentence(event)
            assert event.subject.id or event.subject.type in {"email", "channel"}


def test_every_sentence_of_the_demo_is_whole() -> None:
    for event in demo_events():
        text = sentence(event)
        assert "unknown" not in text, text
        assert "unnamed" not in text, text


def test_acts_of_several_events_share_a_correlation_id() -> None:
    counts = Counter(event.correlation_id for event in demo_events())
    assert sum(1 for count in counts.values() if count >= 3) > 300


def test_20_000_events_a_second_are_made() -> None:
    # The best of two: other work on the machine only slows it down.
    def seconds() -> float:
        start = time.process_time()
        count = sum(1 for _ in iterate_demo(UNTIL))
        return (time.process_time() - start) / count

    assert min(seconds() for _ in range(2)) < 1 / 20_000
