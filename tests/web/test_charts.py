from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from auditdash.charts.interactive import Figure
from auditdash.queries.timeline import count_events, find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.charts.examples import HOSTILE
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_record, one_of_each_action, store

pytestmark = ON_SQLITE
CLOCK = Clock(NOW, ZoneInfo("UTC"))
NAMES = ("over-time", "by-category", "hours-of-week", "top-actors", "top-entities")


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action())
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(id="theirs", actor__username="stranger"))
    return workspace_id


def _show(client: FlaskClient, text: str = "", htmx: bool = False) -> TestResponse:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.get("/charts?" + urlencode({"q": text}), headers=headers)


def _figures(answer: TestResponse) -> list[Figure]:
    blocks = re.findall(r"<template data-figure>(.*?)</template>", answer.text, re.DOTALL)
    return [json.loads(unescape(block)) for block in blocks]


def _file(client: FlaskClient, name: str, text: str = "") -> list[list[str]]:
    answer = client.get(f"/charts/{name}.csv?" + urlencode({"q": text}))
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.text, newline="")))


@pytest.mark.usefixtures("filled")
def test_each_chart_has_its_picture_its_table_and_its_file(client: FlaskClient) -> None:
    answer = _show(client)
    assert answer.status_code == 200
    for name in NAMES:
        assert '<section class="card chart' in answer.text
        assert f'id="{name}"' in answer.text
        assert f'href="/charts/{name}.csv?q=&amp;seq=' in answer.text
        assert f'id="still-{name}-title"' in answer.text
    assert answer.text.count("<table") == len(NAMES) == len(_figures(answer))


def test_page_and_file_count_what_is_in_the_store(
    client: FlaskClient, engine: Engine, filled: int
) -> None:
    text = "category:exports,reports -source:auditdash"
    with reading(engine) as connection:
        total = count_events(connection, parse(text), Scope(workspace_id=filled), CLOCK)
    assert total > 3
    for figure in _figures(_show(client, text)):
        assert sum(sum(trace["customdata"]) for trace in figure["data"]) == total
    for name in NAMES:
        head, *rows, sums = _file(client, name, text)
        assert sums[0] == "Total"
        assert int(sums[-1]) == total == sum(int(row[-1]) for row in rows)
        assert {len(row) for row in rows} == {len(head)}


@pytest.mark.usefixtures("filled")
def test_numbers_of_the_tables_are_links_to_their_events(client: FlaskClient) -> None:
    found = re.findall(r'<a href="(/timeline\?[^"]*)">([\d,]+)</a>', _show(client).text)
    assert len(found) > 20
    link, number = found[0]
    text = parse_qs(urlsplit(unescape(link)).query)["q"][0]
    assert f'<span class="numbers">{number}</span>' in client.get(unescape(link)).text
    assert "created:" in text


@pytest.mark.usefixtures("filled")
def test_another_workspace_is_not_counted(client: FlaskClient) -> None:
    assert "stranger" not in _show(client).text
    assert all("stranger" not in row[0] for row in _file(client, "top-actors"))


def test_looking_and_taking_away_are_recorded_with_the_query(
    client: FlaskClient, engine: Engine, filled: int
) -> None:
    _show(client, "category:exports")
    _file(client, "top-actors", "category:exports")
    with reading(engine) as connection:
        scope = Scope(workspace_id=filled)
        query = parse("source:auditdash sort:created-asc")
        contexts = [event.context for event in find_events(connection, query, scope, CLOCK).events]
    assert [context["what"] for context in contexts] == ["charts", "chart-file"]
    assert {context["query"] for context in contexts} == {"category:exports"}
    assert contexts[1]["chart"] == "top-actors"


def test_an_empty_workspace_says_how_to_fill_it(client: FlaskClient) -> None:
    answer = _show(client)
    assert "No events yet" in answer.text
    assert "<table" not in answer.text


@pytest.mark.usefixtures("filled")
def test_nothing_found_is_said_in_words(client: FlaskClient) -> None:
    answer = _show(client, "actor:nobody")
    assert "Nothing was found" in answer.text
    assert "data-chart" not in answer.text
    assert _file(client, "top-actors", "actor:nobody") == [["Actor", "Events"], ["Total", "0"]]
    assert _file(client, "over-time", "actor:nobody")[-1][0] == "Total"


@pytest.mark.usefixtures("filled")
def test_a_query_that_cannot_be_read_says_where(client: FlaskClient) -> None:
    for htmx in (False, True):
        answer = _show(client, "aktor:bob", htmx)
        assert answer.status_code == 400
        assert 'id="query-error"' in answer.text
    assert answer.headers["HX-Retarget"] == "#question"
    assert client.get("/charts/top-actors.csv?q=aktor:bob").status_code == 400


@pytest.mark.usefixtures("filled")
def test_a_chart_that_does_not_exist_is_not_found(client: FlaskClient) -> None:
    assert client.get("/charts/nonsense.csv").status_code == 404


def test_a_stranger_is_sent_to_the_door(app: Flask, workspace_id: int) -> None:
    for path in ("/charts", "/charts/over-time.csv"):
        answer = app.test_client().get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login")


def test_hostile_names_are_text_on_the_page_and_harmless_in_the_file(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    records = [
        make_record(id=f"{number}", actor__username=name, entity__entity_name=f"={name}")
        for number, name in enumerate(HOSTILE)
    ]
    records += [make_record(id=f"e{n}", entity__entity_id=name) for n, name in enumerate(HOSTILE)]
    with writing(engine) as connection:
        receipt = store(connection, workspace_id, *records)
    assert receipt.added == len(records)
    answer = _show(client)
    assert answer.status_code == 200
    for trap in ("<script>alert", "<img src=x", "<b>bold", "<a href='https", "\u202e"):
        assert trap not in answer.text
    assert len(answer.data) < 1_500_000
    for picture in re.findall(r"<svg xmlns.*?</svg>", answer.text, re.DOTALL):
        ElementTree.fromstring(picture)
    for name in ("top-actors", "top-entities"):
        rows = _file(client, name)
        assert any(row[0].startswith("'=") for row in rows)
        assert not any(cell.startswith(tuple("=+-@\t\r\n")) for row in rows for cell in row)


@pytest.mark.usefixtures("filled")
def test_days_follow_the_readers_zone(client: FlaskClient) -> None:
    client.set_cookie("zone", "Asia/Kathmandu")
    rows = _file(client, "hours-of-week", "created:2026-03-02 -source:auditdash")
    monday = next(row for row in rows if row[0] == "Monday")
    assert int(monday[-1]) == 50
    assert int(monday[1 + 14]) > int(monday[1 + 9]) == 0  # 09:00 UTC is 14:45 there
