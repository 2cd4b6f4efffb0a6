"""Baselines in the browser: imported whole or not at all, marked wherever something rests on them,
and out of the picture when they are removed."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.events.folding import storable
from auditdash.ingest.baselines.lines import COLUMNS
from auditdash.store.engine import writing
from tests.databases import ON_SQLITE, add_workspace
from tests.journeys.hostile import HOSTILE
from tests.make import make_record, store

pytestmark = ON_SQLITE
PAYROLL = "/access/one?kind=connection&id=c1"
HEADER = ",".join(COLUMNS) + "\n"
# One of whom no event tells, one who comes again by an event, one who was removed before.
LINES = """member,Mira,u3,connection,Payroll,c1,manage
member,bob,u1,group,Analysts,g1,
member,zoë,u2,connection,Payroll,c1,view
group,,g1,connection,,c1,query
"""
_DONE = (
    (1, "connection_group_added_with_role", "group", "g1", "Analysts", "query", "c1"),
    (2, "connection_member_added_with_role", "member", "u2", "zoë", "view", "c1"),
    (3, "connection_member_removed", "member", "u2", "zoë", None, "c1"),
    (20, "group_member_added", "member", "u1", "bob", None, "g1"),
    (25, "connection_member_removed", "member", "u3", "Mira", None, "c1"),
)


@pytest.fixture
def told(engine: Engine, workspace_id: int) -> int:
    names = {"c1": "Payroll", "g1": "Analysts"}
    records = [
        make_record(
            id=f"b{day}",
            action=action,
            timestamp=f"2026-03-{day:02}T09:00:00Z",
            context={f"{kind}_id": who, f"{kind}_name": name} | ({"role": role} if role else {}),
            actor__username="admin",
            entity__entity_type=action.partition("_")[0],
            entity__entity_id=thing,
            entity__entity_name=names[thing],
        )
        for day, action, kind, who, name, role, thing in _DONE
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    return workspace_id


def _send(
    client: FlaskClient, lines: str, act: str = "import", at: str = "2026-03-10", time: str = ""
) -> str:
    """Where it leads, or what the page says."""
    file = (io.BytesIO((HEADER + lines).encode()), "march.csv")
    data = {"file": file, "at": at, "time": time, "act": act}
    answer = client.post("/access/baselines", data=data, content_type="multipart/form-data")
    return answer.headers["Location"] if answer.status_code == 303 else _words(answer.text)


def _words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def _get(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return _words(answer.text)


def _csv(client: FlaskClient, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).text)))


def test_what_rests_on_a_baseline_says_so_everywhere(client: FlaskClient, told: int) -> None:
    assert [row["kind"] for row in _csv(client, "/access/contradictions.csv")] == [
        "not seen to begin"
    ]
    for _ in range(2):  # what is kept of it is not shown afterwards
        assert "Mira manage" not in _get(client, f"{PAYROLL}&on=2026-03-12")
    assert _send(client, LINES) == "/access/baselines/1"
    again = _send(client, LINES)
    assert "was imported before: nothing was added" in _get(client, again)
    page = _get(client, f"{PAYROLL}&on=2026-03-12")
    line = "baseline of 10 March 2026, line"
    assert f"Mira manage directly before 10 March 2026 until 25 March 2026 {line} 2" in page
    assert f"bob query group Analysts in it by the {line} 3 1 March 2026" in page
    assert "zoë view listed by a baseline, against what the events say directly" in page
    rows = {
        row["subject_name"]: row
        for row in _csv(client, "/access/one.csv?kind=connection&id=c1&on=2026-03-12")
    }
    assert (rows["Mira"]["given_seq"], rows["Mira"]["given_line"]) == ("", "2")
    assert rows["Mira"]["note"] == "listed by a baseline: since when is not recorded"
    assert (rows["bob"]["given_seq"], rows["bob"]["joined_line"]) == ("1", "3")
    odd = {row["kind"]: row for row in _csv(client, "/access/contradictions.csv")}
    # Mira's removal has what it removes now.
    assert set(odd) == {"given twice", "in a baseline without access"}
    assert odd["given twice"]["does_not_fit_line"] == "3"
    listed = odd["in a baseline without access"]
    assert (listed["line"], listed["does_not_fit_seq"]) == ("4", "3")
    deltas = _csv(client, "/access/differences.csv?from=2026-03-08&on=2026-03-12")
    assert [(row["subject_name"], row["difference"], row["line"]) for row in deltas] == [
        ("zoë", "gained", "4")
    ]
    groups = _csv(client, "/inventory/groups.csv")
    assert [(row["member"], row["began_seq"], row["line"]) for row in groups] == [
        ("bob", "4", ""),
        ("bob", "", "3"),
    ]
    assert f"since before the {line} 3 , until 20 March 2026" in _get(client, "/inventory/groups")
    assert f"{line} 4" in _get(client, "/entities?id=c1")


def test_a_baseline_is_of_the_minute_that_is_given_in_the_zone_of_the_reader(
    client: FlaskClient, told: int
) -> None:
    client.set_cookie("zone", "Europe/Berlin")
    assert _send(client, LINES, time="14:05") == "/access/baselines/1"
    (row,) = _csv(client, "/access/baselines/all.csv")
    assert row["at"] == "2026-03-10T13:05:00.000000Z"
    assert _send(client, LINES, time="14:05") == "/access/baselines/1?known=yes"
    assert "as in 14:05" in _send(client, LINES, time="soon")
    assert "is still to come" in _send(client, LINES, at="2026-11-23", time="23:00")


def test_spaces_around_a_name_make_nobody_else(client: FlaskClient, told: int) -> None:
    spaced = "member, bob\u00a0,,connection,Payroll\t ,c1, query \n"
    assert _send(client, spaced) == "/access/baselines/1"
    found = _csv(client, "/access/one.csv?kind=member&id=u1&on=2026-03-12")
    assert [(each["object_id"], each["role"], each["given_line"]) for each in found] == [
        ("c1", "query", "2")
    ]
    file = client.get("/access/baselines/1/file").get_data()
    assert spaced.encode() in file


def test_what_was_known_before_the_import_and_after_the_removal_is_without_it(
    client: FlaskClient, told: int
) -> None:
    _send(client, LINES)
    there = "/access/one.csv?kind=connection&id=c1&on=2026-03-12"
    events = _csv(client, "/access/baselines/all.csv")[0]
    before, known = int(events["imported_seq"]) - 1, int(events["imported_seq"])

    def people(seq: int | str) -> set[str]:
        return {row["given_line"] for row in _csv(client, f"{there}&seq={seq}")} - {""}

    assert (people(before), people(known)) == (set(), {"2", "4"})
    assert client.post("/access/baselines/1/remove").status_code == 303
    assert (people(before), people(known), people("")) == (set(), {"2", "4"}, set())
    assert "Removed It is in no picture any more" in _get(client, "/access/baselines/1")
    assert client.get("/access/baselines/1/file").data == (HEADER + LINES).encode()
    assert client.post("/access/baselines/1/remove").status_code == 400


def test_each_line_tells_what_it_does_and_a_link_opens_there(
    client: FlaskClient, told: int
) -> None:
    _send(client, LINES)
    page = _get(client, "/access/baselines/1?line=4")
    assert "2 what no event tells" in page
    assert "1 what stood already" in page
    assert "4 zoë connection Payroll view Listed, but not by the events" in page
    assert 'id="line-4" class="access-marked"' in client.get("/access/baselines/1?line=4").text
    rows = _csv(client, "/access/baselines/1/lines.csv")
    assert [row["effect"] for row in rows] == ["adds", "adds", "contradicts", "confirms"]
    confirmed = _csv(client, "/access/baselines/1/lines.csv?effect=confirms")
    assert [row["line"] for row in confirmed] == ["5"]


def test_a_check_keeps_nothing_and_neither_does_a_file_with_a_bad_line(
    client: FlaskClient, told: int
) -> None:
    found = _send(client, LINES, "check")
    assert "march.csv : 4 lines, of these 3 on connections, 1 on groups" in found
    for act in ("check", "import"):
        found = _send(client, LINES + "member,,,group,A,,\nrobot,x,,group,A,,\n", act)
        assert "2 things are not understood" in found
        assert "line 6, subject_name: empty" in found
        assert "line 7, subject_kind: 'robot' is no kind" in found
    assert "'soon' is not a timestamp" in _send(client, LINES, at="soon")
    assert _csv(client, "/access/baselines/all.csv") == []
    assert client.get("/access/baselines/1").status_code == 404


def test_nobody_waits_for_a_file_that_is_read(
    client: FlaskClient, engine: Engine, told: int
) -> None:
    with writing(engine):
        assert "line 2, subject_kind: 'robot' is no kind" in _send(client, "robot,x,,group,A,,\n")


def test_another_workspace_and_the_demo_have_nothing_of_it(
    client: FlaskClient, engine: Engine, told: int
) -> None:
    _send(client, LINES)
    with writing(engine) as connection:
        demo = add_workspace(connection, "demo", "Demo", "demo")
    client.post("/settings/workspace", data={"workspace": demo})
    for address in ("", "/file", "/lines.csv"):
        assert client.get(f"/access/baselines/1{address}").status_code == 404
    assert client.post("/access/baselines/1/remove").status_code == 404
    assert "the demo takes no baseline of yours" in _send(client, LINES)


def test_names_in_a_baseline_are_a_strangers(client: FlaskClient, told: int) -> None:
    lines = io.StringIO()
    writer = csv.writer(lines)
    for number, text in enumerate(HOSTILE.values()):
        name = storable(text[:300]).strip() or "blank"
        writer.writerow(["member", name, f"h{number}", "connection", name, f"h{number}", name])
    assert _send(client, lines.getvalue()) == "/access/baselines/1"
    for address in ("/access/baselines/1", "/access", "/access/baselines"):
        assert not re.search(r"<(script|img|b)>?\s*(alert|src=x)", client.get(address).text)
    for row in _csv(client, "/access/baselines/1/lines.csv"):
        assert not row["subject_name"].startswith(("=", "+", "-", "@"))
