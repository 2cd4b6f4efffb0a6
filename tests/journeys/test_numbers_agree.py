"""The numbers on every page, in every file and in the report are those of the raw records."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from auditdash.events.catalogue import find_action
from auditdash.events.instants import parse_instant
from auditdash.events.periods import Period
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.records import open_records
from auditdash.store.schema import events
from tests.ingest.demo_records import demo_records
from tests.make import store
from tests.reports.papers import make_paper, manifest

Record = dict[str, Any]

SIZE: Final = 5_000
# Each question with what it means, said once more in Python.
QUESTIONS: Final[dict[str, Callable[[Record], bool]]] = {
    "": lambda _: True,
    "-category:exports": lambda record: _category(record) != "exports",
    "is:permission": lambda record: _is(record, "permission"),
    "actor:dylan_mercer OR entity:nightly-etl": lambda record: (
        _actor(record) == "dylan_mercer" or record["entity"].get("entity_name") == "nightly-etl"
    ),
    "role:manage op:grant": lambda record: (
        record["context"].get("role") == "manage" and _op(record) == "grant"
    ),
    "created:2026-09 -op:export": lambda record: (
        record["timestamp"].startswith("2026-09") and _op(record) != "export"
    ),
    "op:export created:>=2026-11-01": lambda record: (
        _op(record) == "export" and record["timestamp"] >= "2026-11"
    ),
    "-ip:198.51.100.0/24": lambda record: (
        not (record["actor"].get("ip") or "").startswith("198.51.100.")
    ),
    "actor:nobody": lambda _: False,
}


@pytest.fixture(scope="module")
def sample() -> tuple[bytes, ...]:
    """Some of the demo, and the whole of its stories."""
    records = demo_records()
    stories = [raw for raw in records if b"dylan_mercer" in raw or b"nightly-etl" in raw]
    return tuple(dict.fromkeys([*stories, *random.Random(7).sample(records, SIZE - len(stories))]))


@pytest.fixture
def raw(engine: Engine, workspace_id: int, sample: tuple[bytes, ...]) -> list[Record]:
    """What the store holds, read back from nothing but the records."""
    with writing(engine) as connection:
        assert store(connection, workspace_id, *sample).added == len(sample)
    with reading(engine) as connection:
        rows = connection.execute(select(events.c.record).where(events.c.source == "mode"))
        records = open_records(connection)
        return [_whole(json.loads(records.raw(row.record))) for row in rows]


def _whole(record: Record) -> Record:
    return {**record, **{name: record.get(name) or {} for name in ("actor", "entity", "context")}}


def _category(record: Record) -> str:
    action = find_action(record["action"])
    return action.category if action else "other"


def _op(record: Record) -> str:
    action = find_action(record["action"])
    return action.op if action else ""


def _is(record: Record, flag: str) -> bool:
    action = find_action(record["action"])
    return bool(action and getattr(action, flag))


def _actor(record: Record) -> str:
    actor = record["actor"]
    return str(actor.get("username") or actor.get("user_id") or "")


def _get(client: FlaskClient, path: str, question: str) -> str:
    asked = f"({question}) -source:auditdash" if question else "-source:auditdash"
    with client.get(path, query_string={"q": asked}) as answer:
        assert answer.status_code == 200, (path, question)
        return str(answer.data, "utf-8")


def _table(client: FlaskClient, path: str, question: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(_get(client, path, question), newline="")))


def _stat(page: str, label: str) -> int:
    found = re.search(
        rf'stat-label">{label}</span>\s*<(?:a|span) class="stat-value"[^>]*>([\d,]+)', page
    )
    return int(found[1].replace(",", "")) if found else 0


def test_each_page_and_file_counts_what_the_records_say(
    client: FlaskClient, raw: list[Record]
) -> None:
    for question, holds in QUESTIONS.items():
        found = [record for record in raw if holds(record)]
        _check_timeline(client, question, found)
        _check_charts(client, question, found)
        _check_exports(client, question, found)
        _check_permissions(client, question, found)


def _check_timeline(client: FlaskClient, question: str, found: list[Record]) -> None:
    page = _get(client, "/timeline", question)
    assert f'data-say="{len(found):,} event' in page
    head, *rows = _table(client, "/downloads/events.csv", question)
    ids = Counter(row[head.index("id")] for row in rows)
    assert ids == Counter(record["id"] for record in found)
    assert _get(client, "/downloads/events.ndjson", question).count("\n") == len(found)
    if "category:" not in question and "OR" not in question:
        facets = dict(_facet(page, "Category"))
        assert sum(facets.values()) == len(found)


def _facet(page: str, title: str) -> Iterator[tuple[str, int]]:
    section = re.search(rf'<ul class="facet-list" aria-label="{title}">(.*?)</ul>', page, re.S)
    if section is None:  # none of its values occurs
        return
    pattern = r'facet-label"[^>]*>([^<]*)</bdi>\s*<span class="facet-count">([\d,]+)<'
    for label, count in re.findall(pattern, section[1]):
        yield label, int(count.replace(",", ""))


def _check_charts(client: FlaskClient, question: str, found: list[Record]) -> None:
    categories = Counter(_category(record) for record in found)
    _, *rows = _table(client, "/charts/by-category.csv", question)
    counts = [int(row[1]) for row in rows if row[0] != "Total"]
    assert sorted(filter(None, counts)) == sorted(categories.values())
    for name in ("over-time", "hours-of-week"):
        *_, sums = _table(client, f"/charts/{name}.csv", question)
        if found:
            assert int(sums[-1]) == len(found), name
    hours = Counter(_hour(record) for record in found)
    _, *days = _table(client, "/charts/hours-of-week.csv", question)
    by_hour = [sum(int(row[1 + hour]) for row in days[:7]) for hour in range(24)]
    assert by_hour == [hours[hour] for hour in range(24)]
    actors = Counter(filter(None, map(_actor, found)))
    _, *ranked = _table(client, "/charts/top-actors.csv", question)
    first = [int(row[1]) for row in ranked[:5] if row[0] in actors]
    assert first == [count for _, count in actors.most_common(len(first))]


def _hour(record: Record) -> int:
    return int(record["timestamp"][11:13])


def _is_off_hours(record: Record) -> bool:
    """At weekends, before 7 and from 19 on, as docs/summaries.md says; this workspace has UTC."""
    weekend = date.fromisoformat(record["timestamp"][:10]).weekday() >= 5
    return weekend or not 7 <= _hour(record) < 19


def _check_exports(client: FlaskClient, question: str, found: list[Record]) -> None:
    exports = [record for record in found if _op(record) == "export"]
    page = _get(client, "/summaries/exports", question)
    nights = [each for each in exports if _hour(each) >= 22 or _hour(each) < 6]
    assert _stat(page, "Exports") == len(exports)
    assert _stat(page, "Off hours") == sum(_is_off_hours(each) for each in exports)
    people = Counter(_actor(each) for each in exports)
    assert _stat(page, "People") == len(people)
    head, *rows = _table(client, "/summaries/exports/people.csv", question)
    assert {row[0]: int(row[1]) for row in rows} == dict(people)
    assert sum(int(row[head.index("at_night")]) for row in rows) == len(nights)
    head, *rows = _table(client, "/summaries/exports/reports.csv", question)
    assert sum(int(row[head.index("exports")]) for row in rows) == len(exports)
    *_, sums = _table(client, "/summaries/exports/over-time.csv", question)
    assert not exports or int(sums[-1]) == len(exports)


def _check_permissions(client: FlaskClient, question: str, found: list[Record]) -> None:
    changes = [record for record in found if _is(record, "permission")]
    page = _get(client, "/summaries/permissions", question)
    assert f'class="numbers">{len(changes):,}</span> permission change' in page
    _, *rows = _table(client, "/summaries/permissions.csv", question)
    assert len(rows) == len(changes)


def test_the_report_counts_what_the_records_say(
    engine: Engine, settings: Settings, workspace_id: int, raw: list[Record]
) -> None:
    october = Period(parse_instant("2026-10-01T00:00:00Z"), parse_instant("2026-11-01T00:00:00Z"))
    counted = ("result", "categories", "exports", "permissions")
    _, path = make_paper(engine, settings, workspace_id, period=october, sections=counted)
    found = [record for record in raw if record["timestamp"].startswith("2026-10")]
    numbers = manifest(path)["numbers"]
    exports = [record for record in found if _op(record) == "export"]
    assert numbers["events"] == len(found)
    assert numbers["actors"] == len({_actor(record) for record in found} - {""})
    assert numbers["data_exports"] == len(exports)
    assert numbers["exporters"] == len({_actor(record) for record in exports} - {""})
    assert numbers["permission_changes"] == sum(_is(each, "permission") for each in found)
    assert numbers["sensitive_events"] == sum(_is(each, "sensitive") for each in found)
    by_category = Counter(_category(record) for record in found)
    assert {name: n for name, n in numbers["by_category"].items() if n} == by_category
