from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.event import Event
from auditdash.events.folding import fold_case
from auditdash.events.instants import HOUR, MINUTE, Instant, parse_instant, to_datetime, to_rfc3339
from auditdash.events.periods import is_night
from auditdash.queries.data_exports import (
    Burst,
    Exporter,
    ExportSummary,
    export_actions,
    summarise_exports,
)
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import make_record, store

NEW_YORK = ZoneInfo("America/New_York")
CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))
# The clocks of New York change on 8 March.
START = parse_instant("2026-03-05T00:00:00Z")
PEOPLE = (("u1", "bob"), ("u1", "Bob"), (None, "BOB"), ("u1", None), ("u2", "zoë"), (None, None))
REPORTS = (("r1", "Payroll"), ("r1", "Payroll 2"), (None, "Payroll"), ("r2", None), (None, None))


def _ask(
    engine: Engine, workspace_id: int, text: str = "", highest_seq: int | None = None
) -> ExportSummary:
    scope = Scope(workspace_id=workspace_id, highest_seq=highest_seq)
    with reading(engine) as connection:
        return summarise_exports(connection, parse(text), scope, CLOCK, NEW_YORK)


def _export(number: int, at: str | int, who: str | None = "bob", **changes: Any) -> dict[str, Any]:
    return make_record(
        **{
            "id": f"x{number}",
            "action": export_actions()[number % 3],
            "timestamp": at if isinstance(at, str) else to_rfc3339(Instant(at)),
            "actor__username": who,
            "actor__user_id": None,
            "entity__entity_id": "r1",
        }
        | changes
    )


def _scatter(dice: random.Random, count: int) -> list[dict[str, Any]]:
    """Exports at random and in runs, on ten days, by people and of reports told in many ways."""
    records, at = [], START
    for number in range(count):
        pause = dice.choice((MINUTE, 29 * MINUTE, 30 * MINUTE, 31 * MINUTE, 9 * HOUR))
        at = Instant(START + (at - START + pause) % (240 * HOUR))
        identity, username = dice.choice(PEOPLE)
        report, name = dice.choice(REPORTS)
        action = dice.choice((*export_actions(), "report_activity_report_edited"))
        records.append(
            _export(
                number,
                at,
                username,
                action=action,
                actor__user_id=identity,
                entity__entity_id=report,
                entity__entity_name=name,
            )
        )
    dice.shuffle(records)
    return records


def _exports(engine: Engine, scope: Scope, text: str) -> list[Event]:
    with reading(engine) as connection:
        found = list(iterate_events(connection, parse(text), scope, CLOCK))
    exports = [each for each in found if each.op == "export"]
    return sorted(exports, key=lambda each: (each.occurred_at, each.seq))


def _person(event: Event) -> str:
    return fold_case(event.actor.username or event.actor.id or "")


def _report(event: Event) -> str:
    entity = event.entity
    kind = "id:" if entity.id else "name:" if entity.name else ""
    return kind + fold_case(entity.id or entity.name or "")


def _grouped(events: list[Event], key: Any) -> dict[str, list[Event]]:
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups


def _runs(events: list[Event]) -> Iterator[list[Event]]:
    run: list[Event] = []
    for event in events:
        if run and event.occurred_at - run[-1].occurred_at > 30 * MINUTE:
            yield run
            run = []
        run.append(event)
    yield run


def _burst(run: list[Event], ever: list[Event]) -> Burst:
    days = Counter(to_datetime(each.occurred_at, NEW_YORK).date() for each in ever)
    first, last = (to_datetime(each.occurred_at, NEW_YORK).date() for each in (run[0], run[-1]))
    others = [count for day, count in days.items() if not first <= day <= last]
    return Burst(
        start=run[0].occurred_at,
        end=run[-1].occurred_at,
        count=len(run),
        usual=median(others) if others else 0,
    )


def _check_person(person: Exporter, mine: list[Event], ever: list[Event]) -> None:
    assert person.count == len(mine)
    assert person.by_action == Counter(each.action for each in mine)
    assert person.reports == len({_report(each) for each in mine})
    assert person.nights == sum(is_night(each.occurred_at, NEW_YORK) for each in mine)
    days = {to_datetime(each.occurred_at, NEW_YORK).date() for each in ever}
    night_days = {
        to_datetime(each.occurred_at, NEW_YORK).date()
        for each in ever
        if is_night(each.occurred_at, NEW_YORK)
    }
    assert person.by_habit == (len(night_days) > 0.1 * len(days))
    assert (person.first_at, person.last_at) == (mine[0].occurred_at, mine[-1].occurred_at)
    assert person.first_ever_at == ever[0].occurred_at
    assert person.is_new == (ever[0].occurred_at == mine[0].occurred_at)
    bursts = [_burst(run, ever) for run in _runs(mine)]
    assert person.busiest == max(bursts, key=lambda each: each.count)
    assert person.bursts == tuple(each for each in bursts if each.is_unusual)


@pytest.mark.parametrize(
    ("text", "highest_seq"),
    [("", None), ("", 90), ("actor:bob,u1", None), ("created:2026-03-08..2026-03-09", None)],
)
def test_a_summary_is_what_counting_by_hand_finds(
    engine: Engine, workspace_id: int, text: str, highest_seq: int | None
) -> None:
    records = _scatter(random.Random(text), 260)
    with writing(engine) as connection:
        store(connection, add_workspace(connection, "other", "Other"), *records[:40])
        store(connection, workspace_id, *records)
    summary = _ask(engine, workspace_id, text, highest_seq)
    scope = Scope(workspace_id=workspace_id, highest_seq=highest_seq)
    asked, ever = _exports(engine, scope, text), _exports(engine, scope, "")
    assert summary.total == len(asked) > 20
    assert summary.nights == sum(is_night(each.occurred_at, NEW_YORK) for each in asked) > 0
    assert summary.by_action == Counter(each.action for each in asked)
    people, all_people = _grouped(asked, _person), _grouped(ever, _person)
    assert {each.key for each in summary.people} == set(people)
    for person in summary.people:
        _check_person(person, people[person.key], all_people[person.key])
    reports, all_reports = _grouped(asked, _report), _grouped(ever, _report)
    assert {each.key for each in summary.reports} == set(reports)
    for report in summary.reports:
        mine, always = reports[report.key], all_reports[report.key]
        assert report.count == len(mine)
        assert report.people == len({_person(each) for each in mine})
        assert report.nights == sum(is_night(each.occurred_at, NEW_YORK) for each in mine)
        assert report.is_new == (always[0].occurred_at == mine[0].occurred_at)
        assert (report.first_ever_at, report.last_at) == (
            always[0].occurred_at,
            mine[-1].occurred_at,
        )
    for counted in (summary.people, summary.reports):
        counts = [each.count for each in counted]
        assert counts == sorted(counts, reverse=True)
        assert sum(counts) == summary.total


def test_a_burst_runs_until_half_an_hour_passes_without_an_export(
    engine: Engine, workspace_id: int
) -> None:
    night = parse_instant("2026-03-12T06:00:00Z")
    times = [night + number * 7 * MINUTE for number in range(25)]
    times += [times[-1] + 31 * MINUTE]
    usual = [f"2026-03-{day:02}T15:0{minute}:00Z" for day in (2, 3, 4) for minute in range(3)]
    moments: list[str | int] = [*times, *usual]
    records = [_export(number, at) for number, at in enumerate(moments)]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    expected = Burst(start=night, end=Instant(night + 24 * 7 * MINUTE), count=25, usual=3)
    assert _ask(engine, workspace_id).people[0].bursts == (expected,)
    # What is usual is told from all days, whatever the question leaves out.
    assert _ask(engine, workspace_id, "created:2026-03-12").people[0].bursts == (expected,)


@pytest.mark.parametrize(("count", "usual", "unusual"), [(19, 1, 0), (20, 4, 1), (20, 5, 0)])
def test_a_burst_is_unusual_by_its_number_and_beside_a_usual_day(
    engine: Engine, workspace_id: int, count: int, usual: int, unusual: int
) -> None:
    night = parse_instant("2026-03-12T06:00:00Z")
    times = [night + number * MINUTE for number in range(count)]
    times += [night - 40 * HOUR + number * MINUTE for number in range(usual)]
    with writing(engine) as connection:
        store(connection, workspace_id, *(_export(n, at) for n, at in enumerate(times)))
    person = _ask(engine, workspace_id).people[0]
    assert person.busiest.count == count
    assert len(person.bursts) == unusual


def test_a_late_first_export_makes_a_later_one_no_longer_new(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, _export(1, "2026-03-12T12:00:00Z"))
    march = "created:2026-03-10..2026-03-31"
    assert _ask(engine, workspace_id, march).people[0].is_new
    with writing(engine) as connection:
        store(connection, workspace_id, _export(2, "2026-03-01T12:00:00Z"))
    summary = _ask(engine, workspace_id, march)
    assert not summary.people[0].is_new
    assert not summary.reports[0].is_new
    assert _ask(engine, workspace_id, march, 1).people[0].is_new


def test_night_follows_the_clocks_of_the_workspace_when_they_change(
    engine: Engine, workspace_id: int
) -> None:
    # 05:30 in New York is 10:30 UTC on 7 March and 09:30 UTC from 8 March on.
    times = ("2026-03-07T10:30:00Z", "2026-03-08T09:30:00Z", "2026-03-08T10:30:00Z")
    with writing(engine) as connection:
        store(connection, workspace_id, *(_export(n, at) for n, at in enumerate(times)))
    assert _ask(engine, workspace_id).nights == 2


def test_without_an_export_there_is_nothing_and_nobody(engine: Engine, workspace_id: int) -> None:
    assert _ask(engine, workspace_id) == ExportSummary(
        total=0, nights=0, by_action={}, people=(), reports=()
    )
    with writing(engine) as connection:
        store(connection, workspace_id, _export(1, "2026-03-12T12:00:00Z"))
    assert _ask(engine, workspace_id, "actor:nobody").people == ()
    assert parse("") == Query()
