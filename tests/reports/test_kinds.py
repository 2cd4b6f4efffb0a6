"""Each kind of report: valid, its numbers in its attachments, with nothing, one event and many."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.instants import Instant, parse_instant, to_rfc3339
from auditdash.events.periods import month_period
from auditdash.reports.orders.kinds import kinds
from auditdash.reports.orders.sections import sections
from auditdash.reports.result.checks import CHECKS
from auditdash.reports.result.figures import FIGURES
from auditdash.reports.sections.pictures import CHARTS
from auditdash.settings import Settings
from auditdash.store.engine import writing
from tests.databases import ON_SQLITE
from tests.make import make_record, one_of_each_action, store
from tests.reports.hostile import HOSTILE
from tests.reports.papers import make_paper, manifest, pages, words
from tests.reports.tracing import untraced
from tests.verapdf import judge

_KINDS = tuple(kinds())
_OCTOBER = "2026-10-01T00:30:00Z"
_EXPORT = "export_data_sql_exported"
_GIVEN = "connection_member_added_with_role"
_LETTERS = str.maketrans("0123456789", "abcdefghij")  # whoever traces numbers takes names for text


def _readings(count: int) -> list[dict[str, Any]]:
    """So many readings of the log here, by day and by night; every fourth one takes a file."""
    start = parse_instant("2026-10-05T20:00:00Z")
    return [
        make_record(
            id=f"reading-{number}",
            action="audit_log_accessed",
            timestamp=to_rfc3339(Instant(start + number * 3_600_000_000)),
            actor__username=f"reader{'abc'[number % 3]}",
            context={"what": "exports-file" if number % 4 == 0 else "timeline", "query": "role:x"},
            entity={"entity_type": "audit_log", "entity_id": "acme", "entity_name": "Acme"},
        )
        for number in range(count)
    ]


def _records(count: int) -> list[dict[str, Any]]:
    """So many events of October: each action, then exports, then access given to ever others."""
    every = one_of_each_action(_OCTOBER)
    start = parse_instant("2026-10-03T01:00:00Z")
    more = [
        make_record(
            id=f"more-{number}",
            action=(_EXPORT, _GIVEN, "collection_group_added")[number % 3],
            timestamp=to_rfc3339(Instant(start + number * 7_200_000_000)),
            actor__username=f"person{'abcdef'[number % 6]}",
            context={"member_username": f"reader{'abcdefgh'[number % 8]}", "role": "view"},
        )
        for number in range(max(0, count - len(every)))
    ]
    return [*every, *more][:count]


# One event is all that the first kind has to tell of; the others have their own sorts of lines.
# What has as many pages costs as much to judge as to make: one kind is enough for that.
@ON_SQLITE
@pytest.mark.parametrize(
    ("kind", "count"),
    [
        *((kind, 100) for kind in _KINDS),
        *((kind, 0) for kind in ("search", "access")),
        ("compliance", 1),
        ("search", 256),
    ],
)
def test_each_kind_is_valid_and_each_of_its_numbers_is_in_its_attachments(
    engine: Engine, settings: Settings, workspace_id: int, kind: str, count: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *_records(count))
        store(connection, workspace_id, *_readings(count // 8), source="auditdash")
    query = kinds()[kind].query
    run, path = make_paper(engine, settings, workspace_id, kind=kind, query=query)
    assert judge(path, "3a", "ua1") == []
    assert untraced(path) == {}
    assert manifest(path)["kind"] == kind
    assert ("sort:" in manifest(path)["question"]["query"]) == (kind != "access")
    assert f"{kinds()[kind].title} October 2026" in words(path)
    _check_that_the_result_is_one_page(path)
    assert run.rows == manifest(path)["population"]["rows"]


@ON_SQLITE
@pytest.mark.parametrize("kind", ["access", "permissions"])
def test_long_lists_with_boxes_and_tags_are_printed_row_by_row(
    engine: Engine, settings: Settings, workspace_id: int, kind: str
) -> None:
    start = parse_instant(_OCTOBER)
    records = [
        make_record(
            id=f"given-{number}",
            action=_GIVEN,
            timestamp=to_rfc3339(Instant(start + number * 60_000_000)),
            context={"member_username": f"{number}".translate(_LETTERS), "role": "view"},
        )
        for number in range(201)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    _, path = make_paper(engine, settings, workspace_id, kind=kind, query="", rows=250)
    assert untraced(path) == {}
    assert judge(path, "3a", "ua1") == []


@ON_SQLITE
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("permissions", (_GIVEN,)),
        ("access", (_GIVEN,)),
        ("tokens", ("api_token_workspace_created",)),
        ("log", ("audit_log_accessed",)),
    ],
)
def test_each_section_prints_hostile_text_harmlessly(
    engine: Engine, settings: Settings, workspace_id: int, kind: str, told: tuple[str, ...]
) -> None:
    fields = ("actor.username", "entity.entity_name", "context.member_username", "context.role")
    records = [
        make_record(
            id=f"{number}-{field}-{action}",
            action=action,
            timestamp=f"2026-10-0{1 + number % 9}T02:{number:02}:00Z",
            **{field: text},
        )
        for number, text in enumerate(HOSTILE)
        for field in fields
        for action in told
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    known = kinds()["compliance"].sections  # tests/reports/test_paper.py prints these
    own = tuple(each for each in kinds()[kind].sections if each not in known)
    order = {"sections": own, "title": HOSTILE[1], "paper": "Letter"}
    _, path = make_paper(engine, settings, workspace_id, kind=kind, **order)
    assert judge(path, "3a", "ua1") == []
    assert "Forged heading" in words(path)


def _check_that_the_result_is_one_page(path: Path) -> None:
    titles = list(manifest(path)["sections"].values())
    printed = pages(path)
    assert printed[1].startswith(titles[0]), "the cover is one page"
    assert printed[2].startswith(titles[1]), "the result is one page"


@ON_SQLITE
@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "1er juillet 2026 à 00:00:00 CEST"), ("es", "1 de julio de 2026, 00:00:00 CEST")],
)
def test_dates_speak_the_language(
    engine: Engine, settings: Settings, workspace_id: int, language: str, said: str
) -> None:
    chosen = _summer() | {"language": language, "sections": ()}
    _, path = make_paper(engine, settings, workspace_id, **chosen)
    assert said in words(path)


@ON_SQLITE
def test_everything_is_traced_over_a_quarter_in_another_language(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action("2026-08-01T00:30:00Z"))
    chosen = _summer() | {"language": "de", "sample": 7, "nonce": "mine"}
    _, path = make_paper(engine, settings, workspace_id, **chosen)
    assert "1. Juli 2026, 00:00:00 CEST" in words(path)
    assert untraced(path) == {}


def _summer() -> dict[str, Any]:
    zone = ZoneInfo("Europe/Berlin")
    return {"period": month_period(2026, 7, zone, months=3), "zone": zone.key}


def test_the_words_of_kinds_are_known() -> None:
    for kind in kinds().values():
        assert set(kind.sections) <= set(sections())
        assert set(kind.off) | set(kind.always) <= set(kind.sections)
        assert set(kind.figures) <= set(FIGURES)
        assert set(kind.checks) <= set(CHECKS)
        assert set(kind.charts) <= set(CHARTS)
        assert len(kind.charts) == 3


def test_each_section_has_its_template() -> None:
    for section in sections().values():
        assert (Path("templates") / section.template).is_file()
