"""The attached files: which events are exceptions, and a sample that anyone can draw again."""

from __future__ import annotations

import csv
import io
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.cli.main import main
from auditdash.downloads import access_rows, columns, lasting_rows
from auditdash.downloads.summaries import changed_rows, inventory_rows
from auditdash.events.periods import month_period
from auditdash.reports.attached import counted, grants
from auditdash.reports.attached import sample as samples
from auditdash.reports.attached.lists import LISTS
from auditdash.reports.attached.writing import Attached, write_attachments
from auditdash.reports.exceptions import gather
from auditdash.reports.exceptions.rules import rules
from auditdash.reports.sections.dictionary import dictionary
from auditdash.reports.source import source_of
from auditdash.search.parse import parse
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import find_workspace
from tests.databases import ON_SQLITE
from tests.make import make_record, store
from tests.reports.papers import ask, find, make_paper
from tests.reports.tracing import untraced


def _at(stamp: str, action: str, actor: str = "ann", **changes: Any) -> dict[str, Any]:
    made = {"id": stamp, "action": action, "timestamp": f"2026-{stamp}:00Z"}
    person = {"actor__username": actor, "actor__user_id": f"id-{actor}"}
    return make_record(**made, **person, **changes)


def _member(name: str, role: str) -> dict[str, Any]:
    return {"context": {"member_username": name, "role": role}}


_EXPORT = "export_data_sql_exported"
_GIVEN = "connection_member_added_with_role"
_TAKEN = "connection_member_removed"
_DEFAULT = "workspace_default_access_changed"
_MADE, _REVOKED = "api_token_workspace_created", "api_token_workspace_revoked"
_ADDED, _REMOVED = "report_schedule_user_email_added", "report_schedule_user_email_removed"
_MONTH = [
    # Bob exported before, by day; in October 20 times at a stretch, and once at night.
    *(_at(f"09-{day:02}T10:00", _EXPORT, "bob") for day in range(1, 29)),
    *(_at(f"10-06T11:{minute:02}", _EXPORT, "bob") for minute in range(20)),
    _at("10-07T23:30", _EXPORT, "bob"),
    _at("10-08T12:00", _EXPORT, "new"),
    _at("10-08T12:45", _EXPORT, "new"),
    _at("10-09T09:00", _GIVEN, **_member("ann", "manage")),
    _at("10-09T09:01", _GIVEN, **_member("ann", "view")),
    _at("10-09T09:02", _GIVEN, **_member("bob", "manage")),
    _at("10-09T09:03", _TAKEN, **_member("ann", "manage")),
    _at("10-10T09:00", _DEFAULT, context={"role": "view"}),
    _at("10-10T09:01", _DEFAULT, context={"role": "manage"}),
    _at("10-10T09:02", _DEFAULT, context={"role": "none"}),
    _at("10-11T09:00", _MADE, entity__entity_id="kept", entity__entity_name="kept"),
    _at("10-11T09:01", _MADE, entity__entity_id="gone", entity__entity_name="gone"),
    _at("10-12T09:00", _ADDED, context={"schedule_id": "s", "email": "x@elsewhere.com"}),
    _at("10-12T09:01", _ADDED, context={"schedule_id": "s", "email": "y@acme.com"}),
    _at("10-13T09:00", "query_run"),
    _at("11-02T09:01", _REVOKED, entity__entity_id="gone", entity__entity_name="gone"),
    _at("11-05T09:00", _EXPORT, "new"),
    _at("10-14T09:00", _ADDED, context={"schedule_id": "s", "email": "z@elsewhere.com"}),
    _at("11-06T09:00", _REMOVED, context={"schedule_id": "s", "email": "z@elsewhere.com"}),
]
_NO_POPULATION = "this is no population.csv of a report; expected the columns seq, … or line, …"
_LATE = "10-14T09:00"  # after an event of November
_EXPECTED = {
    "own-highest": [("10-09T09:00", "")],
    "own-access": [("10-09T09:01", ""), ("10-09T09:03", "")],
    "export-burst": [
        (f"10-06T11:{minute:02}", "one of 20; 1 on a usual day") for minute in range(20)
    ],
    "export-night": [("10-07T23:30", "at 23:30:00, UTC")],
    "export-first": [("10-08T12:00", "1 more in the period")],
    "token-kept": [("10-11T09:00", "43 days old")],
    "recipient-outside": [
        ("10-12T09:00", "still there"),
        (_LATE, "removed since"),
    ],
    "unmapped": [("10-13T09:00", "")],
    "late": [(_LATE, "")],
}


@pytest.fixture
def written(engine: Engine, workspace_id: int, tmp_path: Path) -> Attached:
    """The files of October, in tmp_path, with a sample of 7."""
    with writing(engine) as connection:
        store(connection, workspace_id, *_MONTH)
    run = find(engine, workspace_id, ask(engine, workspace_id, sample=7))
    with reading(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
        assert workspace is not None
        domains = frozenset({"acme.com"})
        source = source_of(connection, run, workspace, domains, 1, tmp_path, lambda _: None)
        return write_attachments(source)


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


def test_each_rule_finds_its_events_and_no_others(written: Attached, tmp_path: Path) -> None:
    rows = _rows(tmp_path / "exceptions.csv")
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["rule"], []).append((row["id"], row["note"]))
    defaults = found.pop("default-access")
    assert [stamp for stamp, _ in defaults] == [
        "10-10T09:00",  # nothing is known before it
        "10-10T09:01",
    ]
    assert defaults[1][1] == "view → manage"
    assert found == _EXPECTED
    every = {row["seq"]: row["action"] for row in rows}
    assert written.exceptions.by_action == Counter(every.values())  # the late one has two rules
    assert written.exceptions.events == len(every) == len(rows) - 1
    assert written.exceptions.total == written.exceptions_file.rows == len(rows)
    for part in written.exceptions.parts:
        told = [row for row in rows if row["rule"] == part.rule.name]
        assert part.count == len(told)
        assert [row.id for row in part.rows] == [row["id"] for row in told]
        assert {row["reason"] for row in told} <= {part.rule.reason}
    population = {row["seq"] for row in _rows(tmp_path / "population.csv")}
    assert {row["seq"] for row in rows} <= population


@ON_SQLITE
def test_each_number_on_paper_about_exceptions_is_in_the_attachments(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *_MONTH)
    zone = ZoneInfo("Asia/Tokyo")
    ours = replace(settings, domains=frozenset({"acme.com"}))
    october = month_period(2026, 10, zone)
    _, path = make_paper(engine, ours, workspace_id, period=october, zone=zone.key)
    assert untraced(path) == {}


def test_the_sample_is_the_lowest_hashes_and_is_drawn_again_from_the_rows(
    written: Attached, tmp_path: Path
) -> None:
    path = tmp_path / "population.csv"
    nonce = sha256(path.read_bytes()).hexdigest()[:32]
    numbers = [int(row["seq"]) for row in _rows(path)]
    order = sorted((sha256(f"{nonce}:AD-000001:{n}".encode()).hexdigest(), n) for n in numbers)
    drawn = _rows(tmp_path / "sample.csv")
    assert [(row["draw_sha256"], int(row["seq"])) for row in drawn] == order[:7]
    assert [row["draw"] for row in drawn] == [str(number) for number in range(1, 8)]
    assert (written.sample.nonce, written.sample_file.rows) == (nonce, 7)
    command = ["report", "sample", str(path), "--report", "AD-000001", "--size", "7"]
    again = CliRunner().invoke(main, command)
    assert again.stdout_bytes == (tmp_path / "sample.csv").read_bytes()
    other = CliRunner().invoke(main, [*command, "--nonce", "mine"])
    assert other.stdout_bytes != again.stdout_bytes
    assert len(_rows(path)) < 100
    every = CliRunner().invoke(main, [*command[:-1], "100"])
    assert len(list(csv.reader(io.StringIO(every.stdout, newline="")))) == len(numbers) + 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "this is no population.csv of a report; expected the columns seq, … or line, …"),
        (
            "a,b\r\n1,2\r\n",
            "this is no population.csv of a report; expected the columns seq, … or line, …",
        ),
        ("HEADER\r\n\r\n", "line 2: this row is none of a population"),
        ("HEADER\r\nx" + "," * 24 + "\r\n", "line 2: this row is none of a population"),
        ("HEADER\r\n1,2\r\n", "line 2: this row is none of a population"),
    ],
)
def test_what_is_no_population_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "population.csv"
    path.write_text(text.replace("HEADER", ",".join(columns.COLUMNS)), newline="")
    found = CliRunner().invoke(main, ["report", "sample", str(path), "--report", "AD-000001"])
    assert found.exit_code == 1
    assert found.output == f"Error: {path}: {told}\n"


def test_the_dictionary_has_each_column_and_each_rule_can_be_asked() -> None:
    files = {file.key: tuple(field.name for field in file.fields) for file in dictionary()}
    assert files == {
        "population.csv": columns.COLUMNS,
        "exceptions.csv": gather.COLUMNS,
        "sample.csv": samples.COLUMNS[:2],
        "grants/population.csv": access_rows.GRANTS,
        "grants/exceptions.csv": grants.EXCEPTIONS,
        "changed.csv": changed_rows.CHANGED,
        "differences.csv": access_rows.DELTAS,
        "granting.csv": counted.GRANTING,
        "lasting.csv": lasting_rows.COLUMNS,
        "readers.csv": counted.READERS,
        "recipients.csv": inventory_rows.RECIPIENTS,
        "tokens.csv": inventory_rows.TOKENS,
    }
    assert set(LISTS) < set(files)
    assert all(parse(rule.query) for rule in rules() if rule.query)
