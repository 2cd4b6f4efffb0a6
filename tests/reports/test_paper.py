"""The compliance report: what stands in it, that it can be counted again, and that it is valid."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.catalogue import actions, find_action
from auditdash.events.folding import fold_case
from auditdash.events.instants import DAY, Instant, parse_instant, to_rfc3339
from auditdash.events.periods import month_period
from auditdash.reports import contents
from auditdash.reports.make import gather_contents
from auditdash.reports.orders.kinds import kinds
from auditdash.reports.paper import draw_paper
from auditdash.reports.run import run_next
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, one_of_each_action, store
from tests.reports.hostile import HOSTILE
from tests.reports.papers import (
    ask,
    ask_for_all,
    attachment,
    find,
    make_paper,
    manifest,
    pages,
    population,
    words,
)
from tests.reports.tracing import untraced
from tests.verapdf import judge

_OCTOBER = "2026-10-01T00:30:00Z"


def _month(engine: Engine, workspace_id: int, *records: dict[str, Any]) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *records)


def _count_again(rows: list[dict[str, str]]) -> dict[str, object]:
    """The numbers of the manifest, from nothing but the rows and the catalogue; nights in UTC."""
    known = [find_action(row["action"]) for row in rows]
    exports = [row for row in rows if row["op"] == "export"]
    hours = [int(row["occurred_at"][11:13]) for row in exports]
    counts = Counter(row["action"] for row in rows)
    names = [action.name for action in actions()]
    return {
        "events": len(rows),
        "actors": len({_actor(row) for row in rows} - {""}),
        "data_exports": len(exports),
        "exporters": len({_actor(row) for row in exports}),
        "exports_at_night": sum(hour >= 22 or hour < 6 for hour in hours),
        "permission_changes": sum(bool(each and each.permission) for each in known),
        "sensitive_events": sum(bool(each and each.sensitive) for each in known),
        "unmapped_events": sum(each is None for each in known),
        "by_action": {name: counts.get(name, 0) for name in {*names, *counts}},
        "by_day": dict(sorted(Counter(row["occurred_at"][:10] for row in rows).items())),
    }


def _actor(row: dict[str, str]) -> str:
    return fold_case(row["actor_username"]) or fold_case(row["actor_id"])


@ON_SQLITE
def test_a_report_of_nothing_is_valid_and_says_that_nothing_happened(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    run, path = make_paper(engine, settings, workspace_id)
    assert judge(path, "3a", "ua1") == []
    assert run.rows == 0
    assert population(path) == []
    told = words(path)
    assert "Compliance report October 2026" in told
    assert "Nobody exported data in this period" in told
    assert "Nobody’s access was changed in this period" in told
    assert "No feed is connected to this workspace" in told
    assert f"Page 1 of {run.pages}" in told
    assert untraced(path) == {}


@ON_SQLITE
def test_each_number_can_be_counted_again_from_the_attachments(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    _month(engine, workspace_id, *_busy_month())
    run, path = make_paper(engine, settings, workspace_id)
    assert judge(path, "3a", "ua1") == []
    rows, told = population(path), manifest(path)
    numbers = told["numbers"]
    again = _count_again(rows)
    assert {name: numbers[name] for name in again} == again
    assert numbers["by_category"] == {
        **dict.fromkeys(numbers["by_category"], 0),
        **Counter(row["category"] for row in rows),
    }
    assert told["population"]["rows"] == run.rows == len(rows) == 121
    assert untraced(path) == {}
    assert pages(path)[2].startswith("What changed since"), "the result is one page"
    order = [(row["occurred_at"], int(row["seq"])) for row in rows]
    assert order == sorted(order)
    page = words(path)
    for label, name in (
        ("Events", "events"),
        ("People who acted", "actors"),
        ("Data exports", "data_exports"),
        ("Permission changes", "permission_changes"),
        ("Sensitive events", "sensitive_events"),
        ("Unmapped events", "unmapped_events"),
    ):
        assert f"{numbers[name]:,} {label}" in page
    for name in ("permission_changes", "exports_at_night"):
        assert f"Rows printed: {numbers[name]} of {numbers[name]}. Row limit reached: no." in page
    for name, count in numbers["by_action"].items():
        action = find_action(name)
        label = f"{action.label}{' Sensitive' if action.sensitive else ''}" if action else name
        assert f"{label} {count:,} " in page
    digest = hashlib.sha256(attachment(path, "population.csv")).hexdigest()
    assert digest in page.replace(" ", "")
    assert told["population"]["sha256"] == digest
    assert run.sha256 == hashlib.sha256(path.read_bytes()).digest()


@ON_SQLITE
def test_every_action_can_lack_its_actor_entity_or_context(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    for missing in ("actor", "entity", "context"):
        records = [
            {name: part for name, part in record.items() if name != missing}
            | {"id": f"{record['id']}-{missing}"}
            for record in one_of_each_action(_OCTOBER)
        ]
        _month(engine, workspace_id, *records)
    run, path = make_paper(engine, settings, workspace_id)
    assert judge(path, "3a", "ua1") == []
    numbers = manifest(path)["numbers"]
    again = _count_again(population(path))
    assert {name: numbers[name] for name in again} == again
    assert run.rows == 150
    assert untraced(path) == {}
    page = words(path)
    assert "nobody named" in page
    assert "not named" in page


@ON_SQLITE
def test_a_list_that_is_cut_says_so_and_where_the_rest_is(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contents, "MOST_LINES", 1)
    _month(engine, workspace_id, *_busy_month())
    run = find(engine, workspace_id, ask_for_all(engine, workspace_id, rows=10))
    with reading(engine) as connection:
        gathered = gather_contents(connection, settings, run, tmp_path, lambda _stage: None)
        page = draw_paper(gathered)
        total = gathered.permissions.counts.total
        assert total > len(gathered.permissions.rows) == 10
        exports = gathered.exports
        gathered.exports = replace(exports, new_people=exports.people * 2)
        more = draw_paper(gathered)
    rest = "The attached population.csv has the events behind all of them."
    assert f"Rows printed: the first 10 of {total}. {rest}" in page
    assert f"Rows printed: the first 1 of {gathered.exports.nights}. {rest}" in page
    told = (
        "Rows printed: the first 1 of 2. The attached exceptions.csv has the first export of each."
    )
    assert told in more
    assert gathered.file.rows == 121


def _busy_month() -> list[dict[str, Any]]:
    """Every action twice but one that is left out, exports at night, unmapped actions, no actors;
    and one event just before and one just after October."""
    kept = [each for each in one_of_each_action(_OCTOBER) if each["action"] != "group_deleted"]
    again = [
        {**each, "id": f"{each['id']}-2", "timestamp": to_rfc3339(Instant(start))}
        for each, start in zip(
            kept, range(parse_instant("2026-10-09T21:30:00Z"), NOW, DAY // 24), strict=False
        )
    ]
    odd = [
        make_record(id=f"odd-{n}", action="query_run", timestamp="2026-10-05T12:00:00Z", actor=None)
        for n in range(23)
    ]
    edges = [
        make_record(id="before", timestamp="2026-09-30T23:59:59.999999Z"),
        make_record(id="after", timestamp="2026-11-01T00:00:00Z"),
    ]
    return [*kept, *again, *odd, *edges]


@ON_SQLITE
def test_hostile_strings_in_each_field_come_out_harmless_and_valid(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    fields = ("actor.username", "entity.entity_name", "context.group_name", "context.role")
    records = [
        make_record(
            id=f"{number}-{field}-{action}",
            action=action,
            timestamp=f"2026-10-0{1 + number % 9}T02:{number:02}:00Z",
            **{field: text},
        )
        for number, text in enumerate(HOSTILE)
        for field in fields
        for action in ("export_data_sql_exported", "collection_group_added", text[:200])
    ]
    _month(engine, workspace_id, *records)
    order = {"sections": kinds()["compliance"].sections, "paper": "Letter"}
    run, path = make_paper(engine, settings, workspace_id, **order)
    assert judge(path, "3a", "ua1") == []
    assert run.rows == len(population(path)) == 4 * 3 * len(HOSTILE)
    page = words(path)
    assert pages(path)[2].startswith("What changed since"), "the result is one page"
    assert "<script>alert(1)</script>" in page
    assert "王芳 조선" in page
    assert "[U+1F9FF]\ufffd" in page  # no font has the one; the other is no text
    assert page.count("(+65,296 characters)") >= 3  # a person, a report, a group
    assert "Forged heading" not in _bookmarks(path)


def _bookmarks(path: Path) -> str:
    with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
        return " ".join(each.title for each in outline.root)


@ON_SQLITE
def test_a_period_that_is_not_over_makes_a_draft(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    november = month_period(2026, 11, ZoneInfo("UTC"))
    _, path = make_paper(engine, settings, workspace_id, period=november, sections=())
    assert "Draft The period was not over when this was made" in words(path)
    assert manifest(path)["final"] is False


@ON_SQLITE
def test_the_period_is_told_in_its_zone_and_in_utc(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    zone = ZoneInfo("America/New_York")
    march = month_period(2026, 3, zone)
    chosen: dict[str, Any] = {"period": march, "zone": zone.key, "sections": ()}
    _, path = make_paper(engine, settings, workspace_id, **chosen)
    page = words(path)
    assert "1 March 2026, 00:00:00 EST until before 1 April 2026, 00:00:00 EDT" in page
    assert "1 March 2026, 05:00:00 UTC until before 1 April 2026, 04:00:00 UTC" in page


@ON_SQLITE
def test_what_arrives_after_the_request_is_not_in_the_report(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    _month(engine, workspace_id, *one_of_each_action(_OCTOBER))
    run_id = ask(engine, workspace_id)
    _month(engine, workspace_id, make_record(id="late", timestamp="2026-10-20T00:00:00Z"))
    assert run_next(engine, settings, NOW)
    assert find(engine, workspace_id, run_id).rows == 50


@ON_SQLITE
def test_the_query_narrows_the_report(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    _month(engine, workspace_id, *one_of_each_action(_OCTOBER))
    long = " OR ".join(f"actor:nobody-{number}" for number in range(30))
    query = f"category:exports OR is:unmapped OR {long}"
    run, path = make_paper(engine, settings, workspace_id, query=query, sections=())
    assert {row["category"] for row in population(path)} == {"exports"}
    assert run.rows == 3
    told = manifest(path)["question"]["query"]
    assert f"({query})" in told
    assert "".join(told.split()) in "".join(words(path).split()), "it is asked again: never cut"
