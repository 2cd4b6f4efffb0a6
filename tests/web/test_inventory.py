"""The inventory and what changed, as pages and files."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.events.instants import DAY, Instant, parse_instant, to_datetime, to_rfc3339
from auditdash.queries.timeline import count_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from auditdash.web.changed.asked import last_quarter
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, one_of_each_action, store

pytestmark = ON_SQLITE
CLOCK = Clock(NOW, ZoneInfo("UTC"))
INVENTORIES = ("tokens", "schedules", "groups", "reports")


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    """Every action some times in the last sixty days, in names that tell little; others' beside."""
    dice = random.Random(4)
    records = [
        {**record, "id": f"{round_}-{record['id']}", "timestamp": to_rfc3339(Instant(at))}
        for round_ in range(4)
        for record in one_of_each_action()
        for at in [NOW - dice.randrange(60) * DAY]
    ]
    for record in records:
        record["actor"] = {**record["actor"], "username": dice.choice(("bob", "eve"))}
        record["context"] = {
            "member_username": "ann",
            "email": dice.choice(("ann@acme.example", "spy@rival.example")),
        }
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
        theirs = make_record(id="theirs", action="api_token_workspace_created")
        theirs["entity"]["entity_name"] = "stranger's token"
        store(connection, add_workspace(connection, "other", "Other"), theirs)
    return workspace_id


def _path(which: str) -> str:
    return "/inventory" if which == "tokens" else f"/inventory/{which}"


def _rows(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def _count(engine: Engine, workspace_id: int, href: str) -> int:
    text = parse_qs(urlsplit(unescape(href)).query, keep_blank_values=True)["q"][0]
    with reading(engine) as connection:
        return count_events(connection, parse(text), Scope(workspace_id=workspace_id), CLOCK)


@pytest.mark.parametrize("which", INVENTORIES)
@pytest.mark.parametrize("text", ["", "actor:bob"])
def test_an_inventory_and_its_file_tell_the_same_rows(
    client: FlaskClient, engine: Engine, filled: int, which: str, text: str
) -> None:
    page = client.get(f"{_path(which)}?q={text}")
    assert page.status_code == 200
    assert "stranger" not in page.text
    shown = re.search(r'id="rows-head">[^<]*<span class="faint numbers">([\d,]+)<', page.text)
    rows = _rows(client, f"/inventory/{which}.csv?q={text}")
    named = {row["group"] for row in rows} if which == "groups" else rows
    assert shown is not None
    assert int(shown[1]) == len(named) > 0
    cells = r'data-label="(?:Exports|SQL changes|Edits)">\s*<a[^>]*href="([^"]*)">([\d,]+)</a>'
    for href, number in re.findall(cells, page.text):
        assert _count(engine, filled, href) == int(number)
    for seq in set(re.findall(r'href="/timeline/event/(\d+)"', page.text)):
        assert client.get(f"/timeline/event/{seq}").status_code == 200


@pytest.mark.usefixtures("filled")
def test_it_is_said_which_domains_are_inside(client: FlaskClient) -> None:
    page = client.get("/inventory/schedules").text
    assert "the domains of members’ addresses in the feed" in page


@pytest.mark.parametrize("text", ["-source:auditdash", "actor:bob"])
def test_each_number_of_what_changed_leads_to_so_many_events(
    client: FlaskClient, engine: Engine, filled: int, text: str
) -> None:
    answer = client.get(f"/changed?q={text}")
    assert answer.status_code == 200
    page = answer.text
    cells = re.findall(r'href="(/timeline\?[^"]*)"[^>]*>([\d,]+)</a>', page)
    assert len(cells) > 4
    for href, number in cells:
        assert _count(engine, filled, href) == int(number.replace(",", "")), href
    file = re.findall(r'href="(/changed\.csv[^"]*)"', page)[0]
    rows = _rows(client, unescape(file))
    totals = re.findall(r"<h3>[^<]*<span class=\"faint numbers\">([\d,]+)</span>", page)
    assert sum(map(int, totals)) == len(rows) > 0
    for href in re.findall(r'href="(/access/differences[^"]*)"', page):
        assert client.get(unescape(href)).status_code == 200


def test_a_report_of_last_month_has_the_periods_of_the_calendar(
    client: FlaskClient, filled: int
) -> None:
    (href,) = re.findall(r'href="([^"]*)"[^>]*>Last month<', client.get("/changed?q=").text)
    moment = to_datetime(NOW, ZoneInfo("UTC"))
    last = moment.date().replace(day=1) - timedelta(days=1)
    before = last.replace(day=1) - timedelta(days=1)
    days = {
        "from": last.replace(day=1),
        "to": last,
        "earlier_from": before.replace(day=1),
        "earlier_to": before,
    }
    assert dict(parse_qsl(urlsplit(unescape(href)).query)) == {
        key: day.isoformat() for key, day in days.items()
    }


@pytest.mark.parametrize(
    ("now", "zone", "days"),
    [
        ("2026-11-23T12:00:00Z", "UTC", "2026-04-01 2026-06-30 2026-07-01 2026-09-30"),
        ("2027-01-31T12:00:00Z", "UTC", "2026-07-01 2026-09-30 2026-10-01 2026-12-31"),
        # There it is October already.
        ("2026-09-30T20:00:00Z", "Asia/Tokyo", "2026-04-01 2026-06-30 2026-07-01 2026-09-30"),
        ("2026-09-30T20:00:00Z", "UTC", "2026-01-01 2026-03-31 2026-04-01 2026-06-30"),
    ],
)
def test_last_quarter_is_one_of_the_calendar_of_the_zone(
    client: FlaskClient, now: str, zone: str, days: str
) -> None:
    asked = last_quarter("", Clock(parse_instant(now), ZoneInfo(zone)))
    ends = (asked.earlier.first, asked.earlier.last, asked.later.first, asked.later.last)
    assert " ".join(day.isoformat() for day in ends) == days


def test_last_quarter_is_offered(client: FlaskClient, filled: int) -> None:
    assert ">Last quarter</a>" in client.get("/changed?q=").text


@pytest.mark.parametrize(
    "asked", ["from=yesterday", "from=2026-03-02&to=2026-03-01", "all=x", "earlier_to=0001-01-01"]
)
def test_what_is_no_period_is_told(client: FlaskClient, asked: str) -> None:
    assert client.get(f"/changed?{asked}").status_code == 400


def test_an_address_outside_is_marked_wherever_a_recipient_stands(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    sent = (
        ("org_user_invited", "ann@acme.example"),
        ("report_schedule_user_email_added", "spy@rival.example"),
        ("report_schedule_user_email_added", "bob@acme.example"),
    )
    records = [
        make_record(
            id=f"s{number}",
            action=action,
            timestamp=to_rfc3339(Instant(NOW - 2 * DAY)),
            context={"email": address},
        )
        for number, (action, address) in enumerate(sent)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    rows = {row["name"]: row["outside"] for row in _rows(client, "/changed.csv?q=")}
    assert rows["spy@rival.example"] == "yes"
    assert rows["bob@acme.example"] == "no"
    marked = [">outside</span>" in client.get(f"/timeline/event/{seq}").text for seq in (1, 2, 3)]
    assert marked == [False, True, False]
    page = re.sub(r"<[^>]+>|\s+", " ", client.get("/changed?q=").text)
    assert re.search(r"spy@rival.example +outside", page)
    assert not re.search(r"bob@acme.example +outside", page)


def test_a_schedule_that_was_set_up_before_the_period_still_shows_on_its_exports(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    added = "report_schedule_user_email_added"
    sent = (("org_user_invited", "ann@acme.example", 90), (added, "spy@rival.example", 80))
    records = [
        make_record(
            id=address,
            action=action,
            timestamp=to_rfc3339(Instant(NOW - ago * DAY)),
            context={"email": address},
        )
        for action, address, ago in sent
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    page = client.get("/summaries/exports?q=created:>now-30d").text
    (href,) = re.findall(r'href="([^"]*)">1 that was added at another time<', page)
    assert "spy@rival.example" in client.get(unescape(href)).text
    everything = client.get("/summaries/exports?q=").text
    assert "another time" not in everything
    assert "1 goes to an outside address" in everything
