"""The benchmark's events and its arithmetic; nothing is measured here."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from auditdash.events.catalogue import actions
from auditdash.events.event import Event
from auditdash.events.instants import DAY
from auditdash.records.normalise import normalise
from auditdash.search.parse import parse
from tests.bench.generate import Plan, iterate_batches
from tests.bench.questions import QUESTIONS, Question, draws
from tests.bench.results.figures import Figure, Line, Unit, figure, ratio_of
from tests.bench.results.report import put_run
from tests.bench.results.table import render
from tests.bench.rivals.rows import full_row
from tests.bench.rivals.schema import COLUMNS
from tests.bench.stages.summaries import PAGES, Names
from tests.make import OURS

_PLAN = Plan(events=5_000, seed=7)


def _lines(plan: Plan) -> list[bytes]:
    return list(chain.from_iterable(iterate_batches(plan)))


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return _lines(_PLAN)


@pytest.fixture(scope="module")
def events(lines: list[bytes]) -> list[Event]:
    return [normalise(line, "mode", "acme") for line in lines]


def test_a_seed_makes_the_same_events_each_time_and_another_one_others(lines: list[bytes]) -> None:
    assert _lines(_PLAN) == lines
    assert _lines(Plan(events=5_000, seed=8)) != lines


def test_what_comes_later_are_other_events(lines: list[bytes]) -> None:
    assert not set(_lines(Plan(events=5_000, seed=7, part=1))) & set(lines)


def test_every_record_is_an_event_of_its_own(events: list[Event]) -> None:
    assert len({event.id for event in events}) == _PLAN.events
    assert all(event.actor.username and event.correlation_id for event in events)


def test_each_action_of_the_feed_happens(events: list[Event]) -> None:
    feed = {action.name for action in actions()} - OURS
    assert {event.action for event in events} == feed


def test_actions_on_people_and_groups_name_them(events: list[Event]) -> None:
    named = {action.name for action in actions() if action.subject not in {None, "member"}}
    assert all(event.subject.name for event in events if event.action in named)


def test_about_one_event_in_a_hundred_comes_more_than_a_day_late(events: list[Event]) -> None:
    newest, late = events[0].occurred_at, 0
    for event in events:
        late += newest - event.occurred_at > DAY
        newest = max(newest, event.occurred_at)
    assert 20 <= late <= 100


def test_the_peers_read_the_same_of_a_record_as_we_do(
    lines: list[bytes], events: list[Event]
) -> None:
    subjects = frozenset(each.name for each in actions() if each.subject_is_entity)
    for line, event in zip(lines[:500], events, strict=False):
        row = dict(zip(COLUMNS, full_row(line, subjects), strict=True))
        ours = (event.action, event.actor.username, event.entity.name, event.role)
        assert (row["action"], row["actor"], row["entity"], row["role"]) == ours
        assert row["subject"] == event.subject.name or event.action.startswith("api_token")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_is_one_that_our_language_understands(question: Question) -> None:
    for parameters in draws(7, question, 3):
        assert parse(question.texts(parameters))
        assert "[" not in "".join((*question.sqlite(), *question.duck()))


def test_a_figure_is_the_median_and_the_95th_percentile() -> None:
    assert figure(range(1, 101)) == Figure(50.5, 95)
    assert figure([0.004], 1_000) == Figure(4, 4)


@pytest.mark.parametrize(
    ("unit", "ours", "theirs", "ratio"),
    [("per second", 50, 100, 0.5), ("ms", 5, 100, 20), ("bytes", 300, 600, 2)],
)
def test_a_ratio_says_how_many_times_better_ours_is(
    unit: Unit, ours: float, theirs: float, ratio: float
) -> None:
    assert ratio_of(unit, ours, theirs) == ratio


def test_the_table_says_what_is_met_and_what_is_missed() -> None:
    met = Line(what="fast", unit="ms", ours=Figure(1.234, 5), ratio=20, target="x", met=True)
    missed = Line(what="slow", unit="per second", ours=Figure(1234, 1), met=False, note="why")
    text = render([met, missed])
    assert "| fast | 1.23 / 5.00 ms |" in text
    assert "20.0 × | x      | met" in text
    assert "1,234 /s" in text
    assert "**missed**" in text
    assert text.endswith("\n- slow: why\n")


def test_a_new_run_takes_the_place_of_the_one_before_with_as_many_events() -> None:
    text = "before\n<!-- measured -->\n<!-- /measured -->\nafter\n"
    for events, what in ((10, "first"), (1_000, "large"), (10, "second")):
        text = put_run(text, Plan(events=events), [], [Line(what=what, unit="ms")])
    assert "first" not in text
    assert text.index("before") < text.index("## 1,000 events") < text.index("large")
    assert text.index("large") < text.index("## 10 events") < text.index("second")
    assert text.endswith("<!-- /measured -->\nafter\n")


def test_every_page_of_the_summaries_is_asked_what_can_be_asked() -> None:
    some = [f"n{number}" for number in range(50)]
    rng, names = (
        np.random.default_rng(1),
        Names(people=[(each, each) for each in some], connections=some),
    )
    for what, path, arguments in PAGES:
        given = [arguments(rng, names) for _ in range(20)]
        assert path.startswith("/")
        assert len({*map(str, given)}) > 1, what
        for each in given:
            parse(each.get("q", ""))
