"""Access reviews in the browser: begun, decided by whoever's access it is not, closed, proved."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.memberships import grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import ROLES
from auditdash.accounts.sessions import find_session, start_session
from auditdash.management.reviewing.decide import ranges
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.store.campaigns.lines import assign_lines
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store
from tests.queries.corpus import CLOCK

pytestmark = ON_SQLITE
_PATH = "/access/reviews"
_PAYROLL, _ANALYSTS = ("c1", "Payroll"), ("g1", "Analysts")
_MEMBERS = {"u1": "bob", "u2": "zoë", "u3": "Alice"}
_FORM: dict[str, Any] = {
    "name": "Q4 <b>",
    "q": "",
    "due": "2026-12-01",
    "rule": "turn",
    "act": "begin",
}
_SHOWN = {"show": "", "mine": "", "page": "1"}


def _event(
    at: str, action: str, who: str, role: str = "", thing: tuple[str, str] = _PAYROLL
) -> Any:
    kind = "group" if who == "g1" else "member"
    name = "Analysts" if who == "g1" else _MEMBERS[who]
    context = {f"{kind}_id": who, f"{kind}_name": name} | ({"role": role} if role else {})
    return make_record(
        id=f"{at}-{action}-{who}",
        action=action,
        timestamp=at,
        context=context,
        actor__username="admin",
        entity__entity_type=action.partition("_")[0],
        entity__entity_id=thing[0],
        entity__entity_name=thing[1],
    )


@pytest.fixture
def told(engine: Engine, workspace_id: int) -> int:
    """On Payroll are Alice, bob, zoë, and Analysts with bob in them: five grants."""
    with writing(engine) as connection:
        store(
            connection,
            workspace_id,
            _event("2026-03-01T09:00:00Z", "connection_member_added_with_role", "u3", "manage"),
            _event("2026-03-02T09:00:00Z", "connection_member_added_with_role", "u1", "query"),
            _event("2026-03-03T09:00:00Z", "connection_member_added_with_role", "u2", "manage"),
            _event("2026-03-04T09:00:00Z", "connection_group_added_with_role", "g1", "query"),
            _event("2026-03-05T09:00:00Z", "group_member_added", "u1", thing=_ANALYSTS),
        )
    return workspace_id


def _sign_in(app: Flask, engine: Engine, workspace_id: int, name: str, role: str) -> FlaskClient:
    with writing(engine) as connection:
        person = create_person(connection, name, name.title(), NOW, "hash")
        grant_role(connection, person, workspace_id, ROLES[role], NOW)
        token = start_session(connection, person, NOW, workspace_id)
        session = find_session(connection, token, NOW)
    assert session is not None
    browser = app.test_client()
    browser.set_cookie("auditdash", token)
    browser.environ_base["HTTP_X_CSRF_TOKEN"] = session.csrf_token
    return browser


def _words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def _get(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return _words(answer.text)


def _post(client: FlaskClient, address: str, status: int = 303, **data: Any) -> str:
    answer = client.post(f"{_PATH}{address}", data=_SHOWN | data)
    assert answer.status_code == status, answer.text
    return answer.headers["Location"] if status == 303 else _words(answer.text)


def _decide(client: FlaskClient, line: int, decision: str, status: int = 303, **data: Any) -> str:
    return _post(client, "/1/decide", status, line=line, decision=decision, **data)


def _lines(client: FlaskClient) -> dict[str, dict[str, str]]:
    """By whom to what."""
    rows = csv.DictReader(io.StringIO(client.get(f"{_PATH}/1/lines.csv").text))
    return {f"{row['subject_name']} {row['object_name']}": row for row in rows}


def _told(engine: Engine, workspace_id: int) -> list[dict[str, Any]]:
    query = parse("action:auditdash_review_*")
    with reading(engine) as connection:
        found = list(iterate_events(connection, query, Scope(workspace_id=workspace_id), CLOCK))
    return [each.context for each in sorted(found, key=lambda each: each.seq)]


@pytest.fixture
def bob(app: Flask, engine: Engine, told: int) -> FlaskClient:
    """An officer."""
    return _sign_in(app, engine, told, "bob", "officer")


def test_lines_are_dealt_out_frozen_decided_and_proved(
    client: FlaskClient, bob: FlaskClient, engine: Engine, told: int
) -> None:
    checked = _post(client, "", 200, **_FORM | {"act": "check", "reviewers": ["1", "2"]})
    assert (
        "5 lines: Alice 3 (1 are about their own access, and for others), Bob 2 (3 are" in checked
    )
    assert _post(client, "", **_FORM, reviewers=["1", "2"]) == f"{_PATH}/1"
    asked = {who: row["reviewer"] for who, row in _lines(client).items()}
    # Bob is not asked about himself, nor about the group that he is in.
    assert asked == {
        "Alice Payroll": "Bob",
        "bob Payroll": "Alice",
        "bob Analysts": "Alice",
        "zoë Payroll": "Bob",
        "Analysts Payroll": "Alice",
    }
    numbers = {who: int(row["line"]) for who, row in _lines(client).items()}
    said = "A reason is missing, expected why it is not kept"
    assert said in _decide(bob, numbers["zoë Payroll"], "remove", 400)
    _decide(bob, numbers["zoë Payroll"], "keep")
    _decide(bob, numbers["zoë Payroll"], "remove", reason="left <b>")
    assert "the role it has" in _decide(
        bob, numbers["Alice Payroll"], "change", 400, to_role="MANAGE", reason="less"
    )
    _decide(bob, numbers["Alice Payroll"], "change", to_role="view", reason="less will do")
    assert "is not yours to decide" in _decide(client, numbers["zoë Payroll"], "keep", 400)
    assert "a group has no roles" in _decide(
        client, numbers["bob Analysts"], "change", 400, to_role="x", reason="x"
    ).replace("A group", "a group")
    mine = [numbers[who] for who in ("bob Payroll", "bob Analysts", "Analysts Payroll")]
    _decide(client, mine[0], "keep")
    assert _post(client, "/1/decide", line=mine, decision="keep", reason="needed").endswith(
        "#lines"
    )
    page = _get(client, f"{_PATH}/1")
    assert "5 of 5 decided (100 %)" in page
    assert "1 earlier decision" in page
    assert "Not done yet 0 days since" in page
    # What happens later changes no line, and proves what was decided.
    later = [
        _event("2026-11-23T11:59:00Z", "connection_member_removed", "u2"),
        _event("2026-11-23T11:59:30Z", "connection_member_access_changed", "u3", "view"),
    ]
    with writing(engine) as connection:
        store(connection, told, *later)
    rows = _lines(client)
    assert rows["zoë Payroll"]["role"] == "manage"
    assert rows["zoë Payroll"]["outcome"] == "done, before the decision"
    assert rows["zoë Payroll"]["done_at"].startswith("2026-11-23T11:59:00")
    assert rows["Alice Payroll"]["outcome"] == "done, before the decision"
    assert "Not done yet 0 2 done by a later event" in _get(client, f"{_PATH}/1")
    _post(client, "/1/close")
    closed = _decide(bob, numbers["zoë Payroll"], "keep", 400)
    assert "This review is closed" in closed
    acts = _told(engine, told)
    assert [each["deed"] for each in acts] == ["begun", *["decided"] * 5, "closed"]
    assert acts[2]["who"] == "zoë"
    assert acts[5]["lines"] == ranges(mine)
    assert acts[6]["undecided"] == "0"
    assert ranges([7, 3, 1, 2]) == "1-3, 7"


def test_nobody_decides_on_their_own_access_also_when_it_is_handed_to_them(
    client: FlaskClient, bob: FlaskClient, engine: Engine, told: int
) -> None:
    _post(client, "", **_FORM | {"q": "entity:payroll"}, reviewers=["2"])
    numbers = {who: int(row["line"]) for who, row in _lines(client).items()}
    assert _lines(client)["bob Payroll"]["reviewer"] == ""
    assert "Nobody is asked about 2 lines" in _get(client, f"{_PATH}/1")
    own = [numbers["bob Payroll"], numbers["Analysts Payroll"]]
    for line in own:
        with writing(engine) as connection:  # as if it had been asked of him none the less
            assign_lines(connection, 1, [line], 2)
        assert "is about your own access" in _decide(bob, line, "keep", 400)
        assert "about the access of Bob" in _post(
            client, "/1/hand-over", 400, line=line, reviewer=2
        )
    assert "Your own access" in _get(bob, f"{_PATH}/1?show=undecided&mine=1")
    _post(client, "/1/hand-over", line=own, reviewer=1)
    assert _lines(client)["bob Payroll"]["reviewer"] == "Alice"
    page = client.get(f"{_PATH}/1?show=undecided&mine=1").text
    assert sorted(map(int, re.findall(r'id="line-(\d+)"', page))) == sorted(own)


def test_what_cannot_be_begun_says_why(client: FlaskClient, told: int) -> None:
    for wrong, said in (
        ({"reviewers": []}, "nobody is asked"),
        ({"reviewers": ["99"]}, "cannot decide here"),
        ({"q": "ip:10.0.0.1"}, "Access cannot be searched by ip"),
        ({"q": "entity:nowhere"}, "nothing stood then that answers"),
        ({"due": "2026-11-01"}, "that day is over"),
        ({"on": "2027-01-01"}, "that moment is still to come"),
        ({"name": " "}, "this is not a name"),
    ):
        told_wrong = _post(client, "", 400, **_FORM | {"reviewers": ["1"]} | wrong)
        assert said.lower() in told_wrong.lower()
    assert "No access review yet" in _get(client, _PATH)


def test_auditors_read_and_viewers_see_nothing(
    app: Flask, client: FlaskClient, engine: Engine, told: int
) -> None:
    _post(client, "", **_FORM, reviewers=["1"])
    auditor = _sign_in(app, engine, told, "ann", "auditor")
    viewer = _sign_in(app, engine, told, "vic", "viewer")
    assert "Q4 <b>" in _get(auditor, _PATH)
    assert "Decide" not in re.sub("Decided", "", _get(auditor, f"{_PATH}/1"))
    _post(auditor, "/1/decide", 403, line=1, decision="keep")
    assert viewer.get(f"{_PATH}/1").status_code == 403
    assert client.get(f"{_PATH}/2").status_code == 404
