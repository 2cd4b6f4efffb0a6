"""Whether one event answers a question: what only a plain event can show.

That it agrees with the archive on random events is held by tests/queries/test_properties.py.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from auditdash.events.event import Actor, Event, Subject
from auditdash.events.instants import parse_instant
from auditdash.records.normalise import normalise
from auditdash.search.checks import fits
from auditdash.search.match import matches
from auditdash.search.parse import parse
from auditdash.search.scope import Clock
from tests.make import make_raw

CLOCK = Clock(parse_instant("2026-03-10T12:00:00Z"), ZoneInfo("America/New_York"))
CURL = "curl/8.5.0"


def make_event(**changes: object) -> Event:
    return normalise(make_raw(**changes), "mode", "acme")


def answers(text: str, event: Event, *marks: str, home: str = "UTC") -> bool:
    return matches(parse(text).node, event, CLOCK, frozenset(marks), ZoneInfo(home))


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("", "*", True),
        ("ab", "a*b", True),
        ("a", "a*a", False),
        ("aa", "a*a", True),
        ("abcabd", "*ab*d", True),
        ("abcabd", "ab*ab*abd", False),
        ("abc", "*c*", True),
        ("abc", "b*", False),
        ("abc", "*b", False),
        ("a\nb", "a*b", True),
        ("a" * 5_000, "*a" * 900 + "*b", False),  # by a regular expression for ever
    ],
)
def test_a_star_stands_for_any_text(text: str, pattern: str, expected: bool) -> None:
    assert fits(pattern.split("*"), text) is expected


@pytest.mark.parametrize(
    ("moment", "home", "expected"),
    [
        ("2026-03-10T06:59:59.999999Z", "UTC", True),  # a Tuesday
        ("2026-03-10T07:00:00Z", "UTC", False),
        ("2026-03-10T18:59:59.999999Z", "UTC", False),
        ("2026-03-10T19:00:00Z", "UTC", True),
        ("2026-03-13T12:00:00Z", "UTC", False),  # Friday
        ("2026-03-14T12:00:00Z", "UTC", True),
        ("2026-03-15T12:00:00Z", "UTC", True),
        ("2026-03-16T12:00:00Z", "UTC", False),
        ("2026-03-10T11:30:00Z", "America/New_York", False),  # summer time since Sunday
        ("2026-03-06T11:30:00Z", "America/New_York", True),
        ("2026-03-13T22:59:00Z", "America/New_York", False),
        ("2026-03-16T03:00:00Z", "America/New_York", True),  # Sunday there
        ("2026-03-10T01:15:00Z", "Asia/Kathmandu", False),  # 07:00
        ("2026-03-10T01:14:59Z", "Asia/Kathmandu", True),
    ],
)
def test_off_hours_are_by_the_clock_of_the_workspace(
    moment: str, home: str, expected: bool
) -> None:
    event = make_event(timestamp=moment)
    assert answers("is:off-hours", event, home=home) is expected
    assert answers("-is:off-hours", event, home=home) is not expected


def test_what_was_decided_at_arrival_is_taken_from_the_marks() -> None:
    event = make_event()
    assert not answers("is:late,first-seen", event)
    assert answers("is:late -is:first-seen", event, "late")
    assert answers("is:first-seen,late", event, "first-seen")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ua_family:curl", True),
        ("ua_family:CURL", True),
        ("ua_family:c*", True),
        ("ua_family:*", True),
        ("ua_family:Chrome,wget", False),
        ("-ua_family:chrome", True),
        ("ua:curl", False),
    ],
)
def test_a_user_agent_has_a_family(text: str, expected: bool) -> None:
    assert answers(text, make_event(actor__user_agent=CURL)) is expected


def test_without_a_user_agent_there_is_no_family() -> None:
    event = make_event(actor__user_agent=None)
    assert answers("-ua_family:*", event)
    assert not answers("ua_family:other", event)


def test_an_own_access_is_one_of_the_actor_themselves() -> None:
    event = make_event(action="collection_member_added")
    bob = Actor(id="1", username="bob")

    def with_subject(subject: Subject) -> Event:
        return replace(event, actor=bob, subject=subject)

    assert answers("is:own-access", with_subject(Subject(type="member", id="1")))
    assert answers("is:own-access", with_subject(Subject(type="member", name="BOB")))
    assert not answers("is:own-access", with_subject(Subject(type="group", name="bob")))
    assert not answers("is:own-access", with_subject(Subject(type="member", name="al", id="2")))
    assert not answers("is:own-access", with_subject(Subject(type="member")))


def test_nothing_asked_is_answered_by_all() -> None:
    assert answers("", make_event())
    assert answers("sort:created-asc", make_event())


@pytest.mark.parametrize(
    ("moment", "home", "expected"),
    [
        ("2026-03-10T21:59:59.999999Z", "UTC", False),
        ("2026-03-10T22:00:00Z", "UTC", True),
        ("2026-03-11T05:59:59.999999Z", "UTC", True),
        ("2026-03-11T06:00:00Z", "UTC", False),
        ("2026-03-14T12:00:00Z", "UTC", False),  # a Saturday
        ("2026-03-11T02:00:00Z", "America/New_York", True),
        ("2026-03-11T01:59:59Z", "America/New_York", False),
    ],
)
def test_the_night_is_by_the_clock_of_the_workspace(moment: str, home: str, expected: bool) -> None:
    event = make_event(timestamp=moment)
    assert answers("is:night", event, home=home) is expected
    assert answers("-is:night", event, home=home) is not expected
