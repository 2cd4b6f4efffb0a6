from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.downloads.summaries.export_rows import KINDS
from auditdash.events.catalogue import actions
from auditdash.events.instants import HOUR, MINUTE, Instant, parse_instant, to_rfc3339
from auditdash.queries.data_exports import export_actions, summarise_exports
from auditdash.queries.permission_answers.acts import find_acts
from auditdash.queries.permission_answers.roles import count_derived
from auditdash.queries.permission_changes import (
    iterate_permission_changes,
)
from auditdash.queries.permissions.directions import DIRECTIONS
from auditdash.queries.permissions.selection import Derived
from auditdash.queries.timeline import count_events, find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.charts.examples import HOSTILE
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, one_of_each_action, store
from tests.queries.access_events import random_changes

pytestmark = ON_SQLITE
UTC = ZoneInfo("UTC")
CLOCK = Clock(NOW, UTC)
START = parse_instant("2026-10-01T00:00:00Z")
EXPORTS, PERMISSIONS = "/summaries/exports", "/summaries/permissions"
# The same people and reports as a feed may name them.
_PEOPLE = (("u1", "bob"), ("u1", "Bob 2"), ("u1", None), (None, "u1"), ("u2", "zoë"), (None, None))
_REPORTS = (("r1", "Payroll"), (None, "Payroll"), ("r2", None), (None, 'a "b" * c'), (None, None))


@pytest.fixture
def exported(engine: Engine, workspace_id: int) -> int:
    """A month of exports told in every way, one of them a burst at night; another's beside."""
    dice = random.Random(7)
    records = [_export(dice, f"e{n}", START + dice.randrange(700) * HOUR) for n in range(160)]
    night = parse_instant("2026-11-02T01:04:00Z")
    burst = [_export(dice, f"n{n}", night + n * MINUTE, ("u9", "mira_patel")) for n in range(60)]
    before = [
        _export(dice, f"m{n}", START + n * 24 * HOUR + 9 * HOUR, ("u9", "mira_patel"))
        for n in range(12)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records, *burst, *before)
        other = add_workspace(connection, "other", "Other")
        store(connection, other, _export(dice, "theirs", START, ("x", "stranger")))
    return workspace_id


@pytest.fixture
def changed(engine: Engine, workspace_id: int) -> int:
    """Random changes of access."""
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random(3), 260))
    return workspace_id


def _export(
    dice: random.Random, name: str, at: int, who: tuple[str | None, str | None] | None = None
) -> dict[str, Any]:
    identity, username = who or dice.choice(_PEOPLE)
    report, title = dice.choice(_REPORTS)
    return make_record(
        id=name,
        action=dice.choice(export_actions()),
        timestamp=to_rfc3339(Instant(at)),
        context=None,
        actor__user_id=identity,
        actor__username=username,
        entity__entity_id=report,
        entity__entity_name=title,
        entity__entity_type=None,
    )


def _page(client: FlaskClient, path: str, text: str = "", **more: str) -> str:
    answer = client.get(f"{path}?{urlencode({'q': text, **more})}")
    assert answer.status_code == 200
    return answer.text


def _file(client: FlaskClient, path: str, text: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{path}?{urlencode({'q': text})}")
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def _asked(href: str) -> str:
    return parse_qs(urlsplit(unescape(href)).query, keep_blank_values=True)["q"][0]


def _count(engine: Engine, workspace_id: int, href: str) -> int:
    """How many events the timeline at an address shows."""
    text = _asked(href)
    with reading(engine) as connection:
        return count_events(connection, parse(text), Scope(workspace_id=workspace_id), CLOCK)


@pytest.mark.parametrize("text", ["", "created:2026-10-10..2026-11-05", "actor:u1", "entity:*a*"])
def test_each_number_of_the_exports_leads_to_so_many_events(
    client: FlaskClient, engine: Engine, exported: int, text: str
) -> None:
    page = _page(client, EXPORTS, text)
    cells = re.findall(
        r'data-label="(Exports|SQL|CSV|PDF|Off hours|Exports from it|In 24 hours)">'
        r'(?:(?!</td>).)*?href="(/timeline[^"]*)">([\d,]+)</a>',
        page,
    )
    noticed = re.findall(
        r'(noticed)-one">(?:(?!</span>).)*?href="(/timeline[^"]*)">([\d,]+)</a>', page, re.DOTALL
    )
    assert noticed or text.startswith(("actor", "entity"))
    cells += noticed
    stats = re.findall(r'(stat)-value" href="(/timeline[^"]*)">([\d,]+)</a>', page)
    assert len(cells) > 20
    assert len(stats) == 2 + len(KINDS)
    for what, href, number in (*cells, *stats):
        assert _count(engine, exported, href) == int(number.replace(",", "")), (what, href)


def test_the_page_its_files_and_the_query_count_the_same(
    client: FlaskClient, engine: Engine, exported: int
) -> None:
    text = "-entity:Payroll"
    with reading(engine) as connection:
        scope = Scope(workspace_id=exported)
        summary = summarise_exports(connection, parse(text), scope, CLOCK, UTC)
    people = _file(client, f"{EXPORTS}/people.csv", text)
    reports = _file(client, f"{EXPORTS}/reports.csv", text)
    over_time = _file(client, f"{EXPORTS}/over-time.csv", text)
    assert sum(int(row["exports"]) for row in people) == summary.total > 0
    assert sum(int(row["exports"]) for row in reports) == summary.total
    assert int(over_time[-1]["Total"]) == summary.total
    assert [row["person"] for row in people] == [each.name or "" for each in summary.people]
    assert sum(int(row["at_night"]) for row in people) == summary.nights
    for name, action in KINDS.items():
        assert sum(int(row[name]) for row in people) == summary.by_action[action]
    shown = re.findall(r'data-label="Exports"><a[^>]*>([\d,]+)</a>', _page(client, EXPORTS, text))
    expected = [person.count for person in summary.people[:15]]
    assert list(map(int, shown)) == expected + [each.count for each in summary.reports[:15]]
    assert tuple(KINDS.values()) == export_actions()


def test_a_burst_is_said_in_plain_words_with_its_events(
    client: FlaskClient, engine: Engine, exported: int
) -> None:
    page = _page(client, EXPORTS)
    assert "This is not normal" in page
    said = re.sub(r"<[^>]+>|\s+", " ", page)
    assert "exported 60 times between 01:04 and 02:03 on 2 November 2026 (UTC)" in said
    assert "On a usual day: 1." in said
    assert "at night" in said
    found = re.search(r'href="([^"]*)"[^>]*>\s*<svg[^§]*?Show these events', page)
    href = re.findall(r'href="(/timeline[^"]*)"', page[: found.end()] if found else "")[-1]
    assert _count(engine, exported, href) == 60
    assert "This is not normal" not in _page(client, EXPORTS, "-actor:mira_patel")


@pytest.mark.usefixtures("exported")
def test_only_what_lies_in_a_period_after_the_beginning_is_called_new(client: FlaskClient) -> None:
    assert "first ever" not in _page(client, EXPORTS)
    assert "for the first time ever" in _page(client, EXPORTS, "created:2026-10-02..2026-10-20")


@pytest.mark.usefixtures("exported")
def test_a_long_table_shows_its_first_rows_and_all_on_request(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    dice = random.Random(1)
    with writing(engine) as connection:
        more = [_export(dice, f"p{n}", START + n, (None, f"person {n}")) for n in range(30)]
        store(connection, workspace_id, *more)
    page = _page(client, EXPORTS)
    assert "person 9" not in page
    (href,) = re.findall(r'href="([^"]*all=people[^"]*)"', page)
    assert "person 9" in client.get(unescape(href)).text
    assert client.get(f"{EXPORTS}?all=everything").status_code == 400
    assert client.get(f"{EXPORTS}/strangers.csv").status_code == 404


@pytest.mark.parametrize("more", [{}, {"direction": "up"}, {"became": "role:manage"}])
def test_the_filters_count_what_they_lead_to(
    client: FlaskClient, engine: Engine, changed: int, more: dict[str, str]
) -> None:
    page = _page(client, PERMISSIONS, **more)
    filters = re.findall(r'class="(?:segment|facet-link)" href="([^"]*)"[^>]*>(.*?)</a>', page)
    assert len(filters) > 15
    narrowed = [href for href, _ in filters if "direction=up" in href or "became=" in href]
    assert len(narrowed) > 8 or not more
    for href, inside in filters:
        count = re.search(r"(?:segment|facet)-count\">([\d,]+)<", inside)
        if count is None:
            continue  # a period
        text = _asked(href)
        with reading(engine) as connection:
            scope = Scope(workspace_id=changed)
            way = next((each for each in DIRECTIONS if f"direction={each}" in href), None)
            after = "role:manage" if "became=role%3Amanage" in href else None
            derived = Derived(direction=way, after=after)
            found = count_derived(connection, parse(text), scope, CLOCK, derived)
        if not re.search(
            r"(entity:[cgu]|actor:u)\d", text
        ):  # an id also finds those that are named besides
            assert found == int(count[1]), text


@pytest.mark.usefixtures("changed")
def test_who_gave_access_is_counted_among_changes_of_own_access_where_these_are_asked(
    client: FlaskClient,
) -> None:
    page = _page(client, PERMISSIONS, "is:own-access")
    facet = page.partition('aria-label="Who gave access"')[2].partition("</section>")[0]
    hrefs = re.findall(r'class="facet-link" href="([^"]*)"', facet)
    assert hrefs
    assert all("is:own-access" in _asked(href) for href in hrefs)


@pytest.mark.parametrize("text", ["", "op:grant,invite", "sort:created-asc -role:*"])
def test_pages_of_changes_follow_each_other_and_the_file_has_all(
    client: FlaskClient, engine: Engine, changed: int, text: str
) -> None:
    with reading(engine) as connection:
        scope = Scope(workspace_id=changed)
        changes = list(iterate_permission_changes(connection, parse(text), scope, CLOCK))
        acts = find_acts(connection, parse(text), scope, CLOCK, limit=1000).acts
    seqs: list[int] = []
    href = f"{PERMISSIONS}?{urlencode({'q': text})}"
    while href:
        page = client.get(href).text
        seqs += map(int, re.findall(r'class="link" href="/timeline/event/(\d+)', page))
        following = re.findall(r'href="([^"]*)" rel="next"', page)
        href = unescape(following[0]) if following else ""
    assert seqs == [change.event.seq for act in acts for change in act.changes]
    assert sum(act.count for act in acts) == len(changes)
    rows = _file(client, f"{PERMISSIONS}.csv", text)
    assert [int(row["seq"]) for row in rows] == [change.event.seq for change in changes]
    assert Counter(row["kind"] for row in rows) == Counter(change.kind for change in changes)
    for row, change in zip(rows, changes, strict=True):
        assert row["own_access"] == ("yes" if change.self_made else "no")
        if change.after.kind == "role":
            assert row["role_after"] == change.after.role


@pytest.mark.usefixtures("changed")
def test_htmx_gets_the_next_rows_alone(client: FlaskClient) -> None:
    (href,) = re.findall(r'href="([^"]*)" rel="next"', _page(client, PERMISSIONS))
    part = client.get(unescape(href), headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert part.count('<tr class="change') >= 100  # an act is not torn apart
    assert client.get(f"{PERMISSIONS}?q=&after=no").status_code == 400


def test_a_role_that_nothing_recorded_tells_is_unknown_since_when(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
    page = re.sub(r"<[^>]+>|\s+", " ", _page(client, PERMISSIONS, "action:org_user_role_changed"))
    assert "unknown before 2 March 2026" in page
    assert "view" in page
    rows = {row["action"]: row for row in _file(client, f"{PERMISSIONS}.csv")}
    assert rows["workspace_default_access_changed"]["object"] == "the workspace, for everyone"
    assert rows["group_member_added"]["role_before"] == "not a member"
    assert rows["group_deleted"]["role_after"] == "deleted"


@pytest.mark.parametrize("missing", [None, "actor", "entity", "context"])
def test_every_action_stands_where_it_belongs_whatever_is_missing(
    client: FlaskClient, engine: Engine, workspace_id: int, missing: str | None
) -> None:
    records = one_of_each_action()
    for record in records:
        record.pop(missing or "nothing", None)
    with writing(engine) as connection:
        assert store(connection, workspace_id, *records).added == len(records)
    permissions = [action.name for action in actions() if action.permission]
    rows = _file(client, f"{PERMISSIONS}.csv", "sort:created-asc")
    assert [row["action"] for row in rows] == permissions
    assert _page(client, PERMISSIONS).count('<tr class="change') == len(permissions)
    assert {row["direction"] for row in rows} == {"up", "down", "unknown"}
    people = _file(client, f"{EXPORTS}/people.csv")
    assert [int(row["exports"]) for row in people] == [len(export_actions())]
    said = "nobody named" if missing == "actor" else "peter_parker"
    assert said in _page(client, EXPORTS)


@pytest.mark.parametrize("path", [EXPORTS, PERMISSIONS])
def test_an_empty_workspace_says_what_to_do_and_a_wrong_query_where_it_is_wrong(
    client: FlaskClient, path: str
) -> None:
    assert "See the ways in" in _page(client, path)
    answer = client.get(f"{path}?q=actr:bob")
    assert answer.status_code == 400
    assert re.search(
        r'Did you mean <a class="query-fix" href="[^"]*actor%3Abob">actor</a>', answer.text
    )
    assert answer.headers["HX-Retarget"] == "#question"


@pytest.mark.usefixtures("exported")
@pytest.mark.usefixtures("exported")
def test_a_file_is_that_of_the_page_whatever_comes_in_later(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record(id="early", timestamp="2026-10-03T00:00:00Z"))
    pages = [_page(client, path, "created:>=now-90d") for path in (EXPORTS, PERMISSIONS)]
    hrefs = re.findall(r'href="(/summaries/[^"]*\.csv[^"]*)"', "".join(pages))
    assert {urlsplit(href).path.rpartition("/")[2] for href in hrefs} == {
        *("people.csv", "reports.csv", "networks.csv", "over-time.csv", "hours.csv"),
        "permissions.csv",
    }
    before = [client.get(unescape(href)).text for href in hrefs]
    with writing(engine) as connection:
        late = _export(random.Random(1), "late", START + HOUR, ("u77", "latecomer"))
        store(connection, workspace_id, late, make_record(timestamp="2026-10-01T00:00:00Z"))
    assert [client.get(unescape(href)).text for href in hrefs] == before
    assert "now-90d" not in "".join(hrefs)


@pytest.mark.usefixtures("exported")
def test_what_nothing_answers_says_so(client: FlaskClient) -> None:
    assert "Nobody exported anything" in _page(client, EXPORTS, "actor:nobody")
    assert "Nobody’s access was changed" in _page(client, PERMISSIONS, "actor:nobody")
    assert "stranger" not in _page(client, EXPORTS)


def test_looking_and_taking_away_are_recorded_with_the_query(
    client: FlaskClient, engine: Engine, exported: int
) -> None:
    for path in (EXPORTS, f"{EXPORTS}/people.csv", PERMISSIONS, f"{PERMISSIONS}.csv"):
        assert client.get(f"{path}?q=actor:bob").status_code == 200
    with reading(engine) as connection:
        query = parse("source:auditdash sort:created-asc")
        found = find_events(connection, query, Scope(workspace_id=exported), CLOCK).events
    assert [(each.context["what"], each.context["query"]) for each in found] == [
        (what, "actor:bob")
        for what in ("exports", "exports-file", "permissions", "permissions-file")
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_strangers_texts_are_text_on_both_pages_and_in_their_files(
    client: FlaskClient, engine: Engine, workspace_id: int, text: str
) -> None:
    fields = dict.fromkeys(
        ("actor__username", "actor__user_id", "entity__entity_id", "context__role"), text[:3000]
    )
    context = {"group_id": text[:3000], "group_name": text, "role": text[:3000]}
    export = make_record(**fields, id="e", action=export_actions()[0], entity__entity_name=text)
    change = make_record(id="c", context=context, entity__entity_name=text)
    member = {"member_username": text[:3000], "role": text[:3000]}
    actions = ("connection_member_added_with_role", "connection_member_access_changed")
    own = [
        make_record(id=action, action=action, context=member, actor__username=text)
        for action in actions
    ]
    with writing(engine) as connection:
        raws = [json.dumps(record).encode() for record in (export, change, *own)]
        assert store(connection, workspace_id, *raws).added == 4
    for path in (EXPORTS, PERMISSIONS):
        page = _page(client, path)
        assert not re.search(r"<script(?! src=\"/static/)|<img|<b>bold", page)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", page)
        for href in set(re.findall(r'href="((?:/timeline|/summaries)\?[^"#]*)"', page)):
            assert client.get(unescape(href)).status_code == 200
    rows = _file(client, f"{EXPORTS}/people.csv") + _file(client, f"{EXPORTS}/reports.csv")
    rows += _file(client, f"{PERMISSIONS}.csv")
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
