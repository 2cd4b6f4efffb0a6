"""Baselines in: every bad line is named, all or nothing is kept, and the act leaves its trace."""

from __future__ import annotations

import hashlib
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, exc, text

from auditdash.downloads.cells import csv_line
from auditdash.events.errors import BadInput
from auditdash.events.folding import FORMULAS
from auditdash.events.instants import to_rfc3339
from auditdash.ingest.accesses import Act
from auditdash.ingest.baselines.keep import (
    When,
    keep_baseline,
    parse_when,
    remove_baseline,
)
from auditdash.ingest.baselines.lines import COLUMNS, BadBaseline, parse_file, parse_lines
from auditdash.queries.timeline import find_event
from auditdash.search.scope import Scope
from auditdash.store.baselines.rows import Line
from auditdash.store.baselines.table import find_baselines, find_file, iterate_lines
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import find_workspace
from tests.databases import add_workspace
from tests.make import NOW

HEADER = ",".join(COLUMNS)
GOOD = (
    f"{HEADER}\r\nmember,Bob,u1,connection,Payroll,c1,query\r\nmember,Zoë,,group,,g1,\r\n".encode()
)
MARCH = parse_file(GOOD, "march.csv")
BERLIN = ZoneInfo("Europe/Berlin")


def _act(engine: Engine, workspace_id: int) -> Act:
    with reading(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
    assert workspace is not None
    return Act(workspace=workspace, actor={"username": "alice", "user_id": "7"}, now=NOW)


def _when(given: str = "2026-03-01") -> When:
    return parse_when(given, BERLIN, NOW)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", ["there is no line below the header; expected the columns subject_kind"]),
        (
            "robot,Bob,,group,A,,",
            ["line 2, subject_kind: 'robot' is no kind; expected member, group, everyone"],
        ),
        ("member,Bob,,,A,,", ["line 2, object_kind: empty; expected workspace, group"]),
        ("group,A,,group,B,,", ["line 2, subject_kind: group has no access of this kind"]),
        ("member,,,group,A,,", ["line 2, subject_name: empty; expected a name, or an id in"]),
        ("member,Bob,,workspace,Acme,,admin", ["line 2, object_name: 'Acme' names what has no"]),
        ("everyone,,,collection,A,,view", ["line 2, subject_kind: everyone has no access"]),
        ("member,Bob,,group,A,,owner", ["line 2, role: 'owner' in a group; expected member"]),
        ("member,Bob,,connection,A,,None", ["line 2, role: 'None' is no access; expected a role"]),
        ("member,Bob,,group,A,,,,x", ["line 2: 9 cells; expected as many as the header has"]),
        ("member,B\0b,,group,A,,", ["line 2, subject_name: 'B\\x00b' cannot be kept"]),
        (
            'member,Bob,u1,group,A,,\nmember,BOB,U1,group,a,,member\n\nmember,"x\ny",,x,,,',
            ["line 3: says the same as line 2", "line 5, object_kind: 'x' is no kind"],
        ),
        ('member,"Bob"x,,group,A,,', ["line 2: not CSV: "]),
        (b"member,\xff,,group,A,,", ["line 2: not UTF-8; expected UTF-8 text"]),
    ],
)
def test_every_line_that_is_not_understood_is_named(lines: str | bytes, told: list[str]) -> None:
    body = lines if isinstance(lines, bytes) else lines.encode()
    understood = parse_lines(f"{HEADER}\n".encode() + body)
    problems = [str(each) for each in understood.problems]
    assert [a.startswith(b) for a, b in zip(problems, told, strict=True)] == [True] * len(told)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("who;what", "line 1: 'who;what' is no header: subject_kind and object_kind missing"),
        ("subject_kind,object_kind,rolle", "line 1: 'rolle' is no column; expected the columns"),
        ("subject_kind,object_kind,role,role", "line 1: two columns are called role"),
    ],
)
def test_a_header_that_is_none_says_what_is_expected(header: str, told: str) -> None:
    understood = parse_lines(f"{header}\na,b,c\n".encode())
    assert [str(each)[: len(told)] for each in understood.problems] == [told]


def test_a_file_of_standing_access_is_a_baseline_and_derived_rows_are_not() -> None:
    header = "subject_kind,subject_name,object_kind,object_name,role,through,since,note\n"
    line = 'member,Bob,collection,A,"access, role not recorded",{},2026-01-01,x\n'
    understood = parse_lines("\ufeff".encode() + (header + line.format("direct")).encode())
    assert not understood.problems
    assert understood.lines == (
        Line(
            line=2,
            subject_kind="member",
            subject_name="Bob",
            subject_id=None,
            object_kind="collection",
            object_name="A",
            object_id=None,
            role=None,
        ),
    )
    derived = parse_lines((header + line.format("group")).encode()).problems
    assert str(derived[0]).startswith("line 2, through: 'group' is derived")


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ("2026-03-01", "2026-03-01T22:59:59.999999Z"),
        ("2026-11-23", to_rfc3339(NOW)),
        ("2026-03-01T14:00:00+01:00", "2026-03-01T13:00:00.000000Z"),
    ],
)
def test_a_day_is_its_end_and_today_is_now(given: str, at: str) -> None:
    assert to_rfc3339(_when(given).at) == at


@pytest.mark.parametrize("given", ["", "soon", "2026-02-30", "2026-11-24", "0001-01-01"])
def test_what_is_no_past_moment_is_refused(given: str) -> None:
    with pytest.raises(BadInput, match="date: "):
        _when(given)


def test_a_file_is_kept_to_the_byte_once_with_who_did_it_and_when(
    engine: Engine, workspace_id: int
) -> None:
    act = _act(engine, workspace_id)
    with writing(engine) as connection:
        first = keep_baseline(connection, act, MARCH, _when())
        again = keep_baseline(connection, act, parse_file(GOOD, "other.csv"), _when())
        later = keep_baseline(connection, act, MARCH, _when("2026-03-02"))
    assert (first.is_new, again.is_new, later.is_new) == (True, False, True)
    assert again.baseline == first.baseline
    with reading(engine) as connection:
        kept = find_baselines(connection, workspace_id)
        assert kept == [first.baseline, later.baseline]
        assert find_file(connection, kept[0].id) == GOOD
        assert [each.line for each in iterate_lines(connection, kept[0].id)] == [2, 3]
        event = find_event(connection, Scope(workspace_id=workspace_id), kept[0].imported_seq)
    assert event is not None
    told = {"what": "baseline-imported", "file": "march.csv", "lines": "2"}
    assert event.context.items() >= told.items()
    assert event.context["sha256"] == hashlib.sha256(GOOD).hexdigest()
    assert (event.actor.username, kept[0].imported_by) == ("alice", "alice")


def test_of_a_file_with_one_bad_line_nothing_is_there_to_keep() -> None:
    with pytest.raises(BadBaseline) as caught:
        parse_file(GOOD + b"member,,,group,A,,\n", "b.csv")
    assert [each.where for each in caught.value.problems] == ["line 4, subject_name"]


def test_names_that_our_files_defused_are_those_that_they_were() -> None:
    names = [f"{beginning}bob" for beginning in FORMULAS if not beginning.isspace()]
    names += ["'bob", "it's", "\tbob"]
    lines = [csv_line(["member", name, None, "collection", name, None, "view"]) for name in names]
    understood = parse_lines("\r\n".join((HEADER, *lines)).encode())
    assert not understood.problems
    told = [(each.subject_name, each.object_name) for each in understood.lines]
    assert told == [(name, name) for name in names]


def test_a_removal_leaves_everything_and_the_same_file_may_come_again(
    engine: Engine, workspace_id: int
) -> None:
    act = _act(engine, workspace_id)
    with writing(engine) as connection:
        first = keep_baseline(connection, act, MARCH, _when()).baseline
        removed = remove_baseline(connection, act, first.id)
        assert (removed.removed_by, removed.removed_at) == ("alice", NOW)
        assert keep_baseline(connection, act, MARCH, _when()).is_new
        with pytest.raises(BadInput, match="removed already"):
            remove_baseline(connection, act, first.id)
        other = add_workspace(connection, "other", "Other")
    with pytest.raises(BadInput, match="there is no baseline"), writing(engine) as connection:
        remove_baseline(connection, _act(engine, other), first.id)
    for statement in (
        "DELETE FROM baseline_lines",
        "UPDATE baselines SET at = 1",
        "UPDATE baseline_removals SET removed_by = 'x'",
    ):
        with pytest.raises(exc.DatabaseError, match="append-only"), writing(engine) as connection:
            connection.execute(text(statement))


def test_the_demo_takes_none(engine: Engine) -> None:
    with writing(engine) as connection:
        demo = add_workspace(connection, "demo", "Demo", "demo")
    with pytest.raises(BadInput, match="demo"), writing(engine) as connection:
        keep_baseline(connection, _act(engine, demo), MARCH, _when())
