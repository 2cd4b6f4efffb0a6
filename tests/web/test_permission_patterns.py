"""Matrices of permission changes: each number is that of the events behind its link."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.events.folding import fold_case
from auditdash.queries.histogram import count_actions_over_time
from auditdash.queries.permission_answers.granting import count_granting
from auditdash.queries.permission_answers.over_time import count_directions_over_time
from auditdash.queries.permission_answers.roles import count_directions, count_steps
from auditdash.queries.permission_changes import Access, iterate_permission_changes
from auditdash.queries.permissions.directions import DIRECTIONS
from auditdash.queries.timeline import count_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store
from tests.queries.access_events import random_changes

CLOCK = Clock(NOW, ZoneInfo("UTC"))
PATTERNS = "/summaries/permissions/patterns"


def _key(*names: str | None) -> str:
    return next((fold_case(name) for name in names if name), "")


def _state(access: Access) -> str:
    return f"role:{fold_case(access.role)}" if access.role else access.kind


@pytest.mark.parametrize("text", ["", "category:connections,collections", "op:grant role:*"])
def test_numbers_are_those_of_all_changes_counted_one_by_one(
    engine: Engine, workspace_id: int, text: str
) -> None:
    records = random_changes(random.Random("patterns"), 300)
    scope = Scope(workspace_id=workspace_id)
    for some in (records[:120], records):
        with writing(engine) as connection:
            store(connection, workspace_id, *some)
        with reading(engine) as connection:
            asked = (connection, parse(text), scope, CLOCK)
            changes = list(iterate_permission_changes(*asked))
            steps, directions = count_steps(*asked), count_directions(*asked)
            granting = count_granting(*asked, limit=3)
        told = Counter((_state(each.before), _state(each.after)) for each in changes)
        assert {(step.before, step.after): step.count for step in steps} == told
        assert Counter(each.direction for each in changes) == +Counter(directions)
        granted = [each.event for each in changes if each.kind == "granted"]
        pairs = Counter(
            (_key(each.actor.username, each.actor.id), _key(each.subject.name, each.subject.id))
            for each in granted
        )
        for row, actor in enumerate(granting.actors):
            for column, subject in enumerate(granting.subjects):
                mine = pairs[fold_case(actor), fold_case(subject)]
                assert granting.counts[row][column] == mine
        assert granting.total == len(granted)
        assert sum(granting.counts[-1]) == sum(
            count
            for (actor, _), count in pairs.items()
            if actor not in map(fold_case, granting.actors)
        )


@ON_SQLITE
def test_each_number_of_a_matrix_leads_to_so_many_changes(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random("links"), 260))
    page = client.get(f"{PATTERNS}?{urlencode({'q': '-actor:u1'})}").text
    matrices = "".join(re.findall(r'<table class="table matrix[^"]*">.*?</table>', page, re.DOTALL))
    cells = re.findall(r'<a href="([^"]*)">([\d,]+)</a>', matrices)
    assert len(cells) > 60
    with reading(engine) as connection:
        for href, number in cells:
            count = int(number.replace(",", ""))
            address = urlsplit(unescape(href))
            text = parse_qs(address.query, keep_blank_values=True)["q"][0]
            if address.path == "/timeline":
                scope = Scope(workspace_id=workspace_id)
                if re.search(r"(actor|subject):[^ ]*[ug]\d", text):
                    continue  # an id also finds those that are named besides
                assert count_events(connection, parse(text), scope, CLOCK) == count, text
            else:
                found = re.search(
                    r'rows-count"><span class="numbers">([\d,]+)<', client.get(unescape(href)).text
                )
                assert found is not None
                assert int(found[1]) == count, href


@ON_SQLITE
def test_each_number_of_a_direction_leads_to_so_many_changes(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random("ways"), 120))
    page = client.get(f"{PATTERNS}?{urlencode({'q': 'op:grant,revoke,modify'})}").text
    chart = page.partition('id="directions-over-time"')[2].partition("</section>")[0]
    cells = re.findall(r'<a href="(/summaries/permissions\?[^"]*)">([\d,]+)</a>', chart)
    assert {href.partition("direction=")[2] for href, _ in cells} == {"", *DIRECTIONS}
    for href, number in cells[-12:]:
        found = client.get(unescape(href)).text
        assert f'rows-count"><span class="numbers">{number}<' in found, href


def test_directions_over_time_are_those_of_the_changes(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random("over time"), 150))
    scope, query = Scope(workspace_id=workspace_id), parse("is:permission")
    with reading(engine) as connection:
        changes = list(iterate_permission_changes(connection, query, scope, CLOCK))
        actions = {each.event.action for each in changes}
        whole = count_actions_over_time(connection, query, scope, CLOCK, actions)
        found = count_directions_over_time(connection, query, scope, CLOCK, whole)
    assert len(found.buckets) > 1
    for place, bucket in enumerate(found.buckets):
        here = [each for each in changes if bucket.contains(each.event.occurred_at)]
        counted = {name: counts[place] for name, counts in found.counts.items() if counts[place]}
        assert counted == Counter(each.direction for each in here)


@ON_SQLITE
def test_each_matrix_has_its_file(client: FlaskClient, engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random("files"), 120))
    for name, head in (
        ("roles", "before,after"),
        ("who-to-whom", "actor,subject"),
        ("over-time", ""),
        ("directions", "More access,Less access,As much,Not known,Total"),
    ):
        answer = client.get(f"{PATTERNS}/{name}.csv?q=")
        assert answer.status_code == 200
        assert head in answer.text.split("\n")[0].replace('"', "")
    assert client.get(f"{PATTERNS}/strangers.csv?q=").status_code == 404


@ON_SQLITE
def test_a_history_is_told_from_the_first_day_on(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random("history"), 200))
    person = "/summaries/permissions/person"
    chosen = client.get(f"{person}?q=").text
    hrefs = re.findall(rf'href="({person}\?q=&amp;name=[^"]*)"', chosen)
    assert hrefs
    page = client.get(f"{person}?q=op:grant,revoke&name=bob").text
    seqs = list(map(int, re.findall(r'class="link" href="/timeline/event/(\d+)', page)))
    text = "subject:bob op:grant,revoke sort:created-asc"
    with reading(engine) as connection:
        scope = Scope(workspace_id=workspace_id)
        changes = list(iterate_permission_changes(connection, parse(text), scope, CLOCK))
    assert sorted(seqs) == sorted(each.event.seq for each in changes)
    assert len(seqs) > 5
    stats = re.findall(r'<a class="stat-value" href="([^"]*)">([\d,]+)<', page)
    listed = [(href, number) for href, number in stats if href.startswith("/summaries")]
    assert len(listed) > 1
    for href, number in listed:
        found = client.get(unescape(href)).text
        assert f'rows-count"><span class="numbers">{number}<' in found, href
    assert f'href="{person}?q=&amp;name=bob"' in client.get("/actors?name=bob").text
    assert "No change is recorded" in client.get(f"{person}?q=&name=nobody").text


@ON_SQLITE
def test_how_long_access_lasted_stands_on_its_page_and_in_its_file(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    given = {"member_id": "u1", "member_username": "bob", "role": "view"}
    used = {"connection_name": "Payroll"}
    with writing(engine) as connection:
        store(
            connection,
            workspace_id,
            *(
                make_record(
                    id=name,
                    action=action,
                    timestamp=f"2026-03-02T09:0{number}:00Z",
                    context=context,
                    actor__username=actor,
                    actor__user_id=None,
                    entity__entity_name="Payroll" if context is given else "Salaries",
                )
                for number, (name, action, context, actor) in enumerate(
                    (
                        ("l1", "connection_member_added_with_role", given, "ann"),
                        ("l2", "export_data_sql_exported", used, "bob"),
                        ("l3", "export_data_sql_exported", {}, "bob"),
                        ("l4", "connection_member_removed", given, "zoe"),
                        ("l5", "export_data_sql_exported", used, "bob"),
                        ("l6", "connection_member_added_with_role", given, "ann"),
                    )
                )
            ),
        )
    address = "/summaries/permissions/lasting"
    page = client.get(f"{address}?q=").text
    said = re.sub(r"<[^>]+>|\s+", " ", page)
    assert "3 minutes" in said
    found = re.search(r'data-label="Exports"><a class="link" href="([^"]*)">(\d+)<', page)
    assert found is not None
    assert found[2] == "1"
    text = parse_qs(urlsplit(unescape(found[1])).query)["q"][0]
    with reading(engine) as connection:
        scope = Scope(workspace_id=workspace_id)
        assert count_events(connection, parse(text), scope, CLOCK) == 1
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}.csv?q=").text, newline="")))
    assert [(row["kind"], row["seconds"], row["taken_by"]) for row in rows] == [
        ("temporary", "180", "zoe"),
        ("standing", rows[1]["seconds"], ""),
    ]
    assert client.get(f"{address}?q=&within=0").status_code == 400
