"""The pages of access: who reached what at a moment, through what, and which event tells so."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.queries.timeline import find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Scope
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE, add_workspace
from tests.journeys.hostile import HOSTILE
from tests.make import make_record, store
from tests.queries.test_permission_changes import CLOCK

pytestmark = ON_SQLITE
PAYROLL = "/access/one?kind=connection&id=c1"
_BOB = {"member_id": "u1", "member_username": "bob"}
_ANALYSTS = {"group_id": "g1", "group_name": "Analysts"}


def _event(day: int, action: str, context: dict[str, str], thing: tuple[str, str]) -> Any:
    kind = action.partition("_")[0]
    return make_record(
        id=f"{day}-{action}",
        action=action,
        timestamp=f"2026-03-{day:02}T09:00:00Z",
        context=context,
        actor__username=f"admin_{day}",
        entity__entity_type=kind,
        entity__entity_id=thing[0],
        entity__entity_name=thing[1],
    )


@pytest.fixture
def told(engine: Engine, workspace_id: int) -> int:
    """Bob comes to Payroll through Analysts, and leaves them; Zoë has it herself."""
    payroll, analysts = ("c1", "Payroll"), ("g1", "Analysts")
    zoe = {"member_id": "u2", "member_username": "zoë", "role": "manage"}
    with writing(engine) as connection:
        store(
            connection,
            workspace_id,
            _event(1, "connection_group_added_with_role", _ANALYSTS | {"role": "query"}, payroll),
            _event(5, "group_member_added", _BOB, analysts),
            _event(7, "connection_member_added_with_role", zoe, payroll),
            _event(9, "connection_member_added_with_role", zoe, payroll),
            _event(20, "group_member_removed", _BOB, analysts),
        )
        other = add_workspace(connection, "other", "Other")
        stranger = {"member_username": "stranger"}
        store(connection, other, _event(2, "connection_member_added_with_role", stranger, payroll))
    return workspace_id


def _get(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])).split())


def _csv(client: FlaskClient, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).text)))


def test_who_could_reach_a_connection_on_a_day_through_what_and_by_whom(
    client: FlaskClient, told: int
) -> None:
    found = _get(client, f"{PAYROLL}&on=2026-03-10")
    assert "bob query group Analysts joined 5 March 2026 by admin_5 5 March 2026" in found
    assert "zoë manage directly 9 March 2026 admin_9" in found
    assert "stranger" not in found
    assert "bob query" not in _get(client, f"{PAYROLL}&on=2026-03-31")
    assert "zoë manage directly" not in _get(client, f"{PAYROLL}&on=2026-03-06")
    assert "zoë manage directly" in _get(client, f"{PAYROLL}&on=2026-03-07&time=09:00")
    assert "zoë manage directly" not in _get(client, f"{PAYROLL}&on=2026-03-07&time=08:59")


def test_the_first_page_finds_it_by_name_and_each_row_leads_to_its_event(
    client: FlaskClient, engine: Engine, told: int
) -> None:
    page = client.get("/access?q=payroll&on=2026-03-10").text
    links = [unescape(each) for each in re.findall(r'href="(/access/one\?[^"]*)"', page)]
    assert "/access/one?on=2026-03-10&kind=connection&id=c1" in links
    events = {int(seq) for seq in re.findall(r'href="/timeline/event/(\d+)"', page)}
    with reading(engine) as connection:
        query = parse("entity:payroll is:permission")
        behind = find_events(connection, query, Scope(workspace_id=told), CLOCK).events
    assert events <= {each.seq for each in behind}
    assert events == {1, 4}


def test_a_number_of_things_leads_to_the_access_to_them(client: FlaskClient, told: int) -> None:
    page = client.get("/access?q=bob OR payroll&on=2026-03-10").text
    stats = re.findall(r'<a class="stat-value" href="(/access\?[^"]*)">', page)
    assert len(stats) == 2  # connections and groups
    narrow = [_get(client, unescape(href)) for href in stats]
    assert "group Analysts connection Payroll" in narrow[0]
    assert "bob group Analysts" not in narrow[0]
    assert "bob group Analysts" in narrow[1]


def test_a_file_has_the_rows_of_its_page_and_what_was_known_then(
    client: FlaskClient, told: int
) -> None:
    rows = _csv(client, "/access/one.csv?kind=connection&id=c1&on=2026-03-10")
    assert [(row["subject_name"], row["role"], row["through"]) for row in rows] == [
        ("bob", "query", "group"),
        ("zoë", "manage", "direct"),
    ]
    assert rows[0]["since"] == "2026-03-05T09:00:00.000000Z"
    assert (rows[0]["given_seq"], rows[0]["joined_seq"], rows[0]["ended_seq"]) == ("1", "2", "5")
    # What had come in when there were three events.
    early = _csv(client, "/access/one.csv?kind=connection&id=c1&on=2026-03-10&seq=3")
    assert [row["given_seq"] for row in early] == ["1", "3"]
    assert "What was known then" in _get(client, f"{PAYROLL}&on=2026-03-10&seq=3")
    gained = _csv(client, "/access/differences.csv?from=2026-03-06&on=2026-03-31&kind=gained")
    lost = _csv(client, "/access/differences.csv?from=2026-03-06&on=2026-03-31&kind=lost")
    assert [(row["subject_name"], row["object_name"]) for row in gained] == [("zoë", "Payroll")]
    assert [(row["subject_name"], row["seq"]) for row in lost] == [("bob", "5")]
    odd = _csv(client, "/access/contradictions.csv")
    assert [(row["kind"], row["seq"], row["does_not_fit_seq"]) for row in odd] == [
        ("given twice", "4", "3")
    ]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("subject:bob", {"bob"}),
        ("subject:analysts", {"bob"}),
        ("role:manage", {"zoë"}),
        ("-role:manage", {"bob"}),
        ("actor:admin_5 OR actor:admin_9", {"bob", "zoë"}),
        ("entity:pay* created:>=2026-03-06", {"zoë"}),
        ("entity_type:collection", set()),
        ("zo", {"zoë"}),
    ],
)
def test_the_search_narrows_to_who_and_what_and_by_whom(
    client: FlaskClient, told: int, text: str, people: set[str]
) -> None:
    rows = _csv(client, f"/access/one.csv?kind=connection&id=c1&on=2026-03-10&q={text}")
    assert {row["subject_name"] for row in rows} == people


def test_what_cannot_be_asked_is_an_error_and_never_everything(
    client: FlaskClient, told: int
) -> None:
    for address in ("/access", PAYROLL, "/access/differences"):
        joint = "&" if "?" in address else "?"
        assert "cannot be searched by ip" in _get(client, f"{address}{joint}q=ip:10.0.0.1", 400)
    assert "is no day" in _get(client, "/access?on=soon", 400)
    assert "is no time" in _get(client, "/access?on=2026-03-10&time=24:00", 400)
    assert "nobody" in _get(client, "/access/one?kind=member&name=nobody", 404)
    assert client.get("/access/one.csv?kind=member&name=nobody").status_code == 404


def test_a_name_alone_finds_what_has_an_id_and_says_whom_it_could_mean(
    client: FlaskClient, engine: Engine, workspace_id: int, told: int
) -> None:
    assert "zoë" in _get(client, "/access/one?kind=connection&name=payroll")
    other_kind = client.get("/access/one?kind=group&name=Payroll")
    assert other_kind.status_code == 404
    assert "/access/one?kind=connection&amp;id=c1" in other_kind.text
    zoe = {"member_id": "u2", "member_username": "zoë", "role": "view"}
    given = "connection_member_added_with_role"
    with writing(engine) as connection:
        store(connection, workspace_id, _event(21, given, zoe, ("c2", "Payroll")))
    twice = client.get("/access/one?kind=connection&name=Payroll").text
    assert "kind=connection&amp;id=c1" in twice
    assert "kind=connection&amp;id=c2" in twice


def test_default_access_is_said_beside_the_number_of_collections(
    client: FlaskClient, engine: Engine, workspace_id: int, told: int
) -> None:
    said = "Collections All by default access"
    assert said not in _get(client, "/access/one?kind=member&id=u2")
    default = {"before_role": "none", "after_role": "view", "role": "view"}
    with writing(engine) as connection:
        everyone = _event(22, "workspace_default_access_changed", default, ("w", "Acme"))
        store(connection, workspace_id, everyone)
    assert said in _get(client, "/access/one?kind=everyone")
    assert said in _get(client, "/access/one?kind=member&id=u2")
    given = "collection_member_added"
    with writing(engine) as connection:
        zoe = {"member_id": "u2", "member_username": "zoë", "role": "edit"}
        store(connection, workspace_id, _event(23, given, zoe, ("k1", "Board")))
    assert f"{said}, 1 given besides" in _get(client, "/access/one?kind=member&id=u2")


def test_a_moment_before_the_first_event_is_said_to_be_unknown(
    client: FlaskClient, told: int
) -> None:
    assert "Unknown before the first event" in _get(client, f"{PAYROLL}&on=2026-02-01")
    assert "No change of access yet" not in _get(client, "/access")


def test_a_strangers_name_stays_text_on_each_page(client: FlaskClient, engine: Engine) -> None:
    with writing(engine) as connection:
        for number, text in enumerate(HOSTILE.values()):
            context = {"member_username": text, "member_id": f"u{number}", "role": text}
            record = _event(3, "connection_member_added_with_role", context, ("c1", text))
            store(connection, 1, record | {"id": f"h{number}"})
    for address in ("/access", f"{PAYROLL}&on=2026-03-31", "/access/differences?from=2026-03-01"):
        page = client.get(address).text
        assert not re.search(r"<(script|img|b)>?\s*(alert|src=x)", page)
    for row in _csv(client, "/access/standing.csv"):
        assert not row["subject_name"].startswith(("=", "+", "-", "@"))


def test_a_group_that_nobody_is_in_any_more_and_that_has_access_is_told(
    client: FlaskClient, told: int
) -> None:
    def emptied(day: str) -> str:
        page = client.get(f"/access/contradictions?on=2026-03-{day}").text
        return page.partition('id="emptied"')[2].partition("</section>")[0]

    assert not emptied("19")  # bob is in it
    card = emptied("20")  # his removal is that day's
    assert "Analysts" in card
    assert 'data-label="Has access to">1</td>' in card
    assert "admin_20" in card
    assert not emptied("01")  # nobody was told to be in it yet


def test_looking_at_access_is_recorded(client: FlaskClient, engine: Engine, told: int) -> None:
    client.get(f"{PAYROLL}&on=2026-03-10&q=bob")
    with reading(engine) as connection:
        asked = parse("action:audit_log_accessed")
        event = find_events(connection, asked, Scope(workspace_id=told), CLOCK).events[0]
    assert json.loads(event.record)["context"] == {
        "what": "access-one",
        "query": "bob",
        "moment": "at the end of 10 March 2026",
        "which": "c1",
    }
