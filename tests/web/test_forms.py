"""Every table in every form, from every menu: the same rows, whatever form is chosen."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from arro3.io import read_parquet
from flask.testing import FlaskClient
from openpyxl.reader.excel import load_workbook
from sqlalchemy import Engine

from auditdash.downloads.cells import plain as plain_text
from auditdash.events.instants import HOUR, Instant, to_instant, to_rfc3339
from auditdash.store.engine import writing
from tests.databases import ON_SQLITE
from tests.make import NOW, one_of_each_action, store

pytestmark = ON_SQLITE

_PAGES = (
    "/timeline",
    "/charts",
    "/summaries/exports",
    "/summaries/permissions",
    "/summaries/permissions/patterns",
    "/summaries/permissions/lasting",
    "/access",
    "/access/contradictions",
    "/access/differences?from=2026-01-01",
    "/access/baselines",
    "/inventory",
    "/inventory/schedules",
    "/inventory/groups",
    "/inventory/reports",
    "/changed",
)
_EXPECTED = 20  # tables that these pages have at least, charts among them


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> Engine:
    """Every action twice; by somebody whose name a spreadsheet would calculate."""
    records = [
        {**record, "id": f"{at}-{record['id']}", "timestamp": to_rfc3339(Instant(NOW - at * HOUR))}
        for at in (2, 30)
        for record in one_of_each_action()
    ]
    for record in records:
        record["actor"] = {**record["actor"], "username": "=1+1"}
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    return engine


def _hrefs(client: FlaskClient) -> set[str]:
    """The CSV of each table that the pages offer."""
    found: set[str] = set()
    for page in _PAGES:
        answer = client.get(page)
        assert answer.status_code == 200, page
        found |= {unescape(each) for each in re.findall(r'href="([^"]+\.csv[^"]*)"', answer.text)}
    return {each for each in found if "bom=1" not in each and "new?" not in each}


def _cell(value: object) -> str:
    """As the CSV has it."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        return to_rfc3339(to_instant(value.replace(tzinfo=UTC)))
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(cell: Any) -> str:
    """A cell of a sheet, which is a day only by its format."""
    is_day = cell.number_format == "yyyy-mm-dd" and cell.value is not None
    return _cell(cell.value.date() if is_day else cell.value)


def test_every_table_has_the_same_rows_in_every_form(client: FlaskClient, filled: Engine) -> None:
    hrefs = _hrefs(client)
    assert len(hrefs) >= _EXPECTED
    for href in sorted(hrefs):
        table = client.get(href)
        head, *rows = csv.reader(io.StringIO(table.text, newline=""))
        plain = [[plain_text(cell) for cell in row] for row in rows]

        def other(form: str, href: str = href) -> bytes:
            answer = client.get(href.replace(".csv", f".{form}", 1))
            assert answer.status_code == 200, (form, href)
            assert f".{form}" in answer.headers["Content-Disposition"]
            body: bytes = answer.data
            return body

        with io.BytesIO(other("xlsx")) as file:
            book = load_workbook(file)
            cells = [list(map(_shown, row)) for row in book.worksheets[0].iter_rows()]
            assert {each.data_type for row in book.worksheets[0].iter_rows() for each in row} <= {
                *("s", "n", "d", "inlineStr")
            }
            assert book.worksheets[0].freeze_panes == "A2"
            about = {name.value: text.value for name, text in book["About"].iter_rows()}
            assert int(about["highest_seq"])
            assert about["rows"] == f"{len(rows):,}"
        assert cells == [head, *plain], href
        columns = read_parquet(io.BytesIO(other("parquet"))).read_all()
        assert columns.column_names == head
        values = [columns[name].to_pylist() for name in head]
        assert [list(map(_cell, row)) for row in zip(*values, strict=True)] == plain, href
        lines = [json.loads(line) for line in other("ndjson").splitlines()]
        if "events" in href:
            assert [line["id"] for line in lines] == [row[head.index("id")] for row in plain]
        else:
            assert [list(map(_cell, line.values())) for line in lines] == plain, href


def test_a_mark_is_put_before_csv_where_it_is_asked_for(
    client: FlaskClient, filled: Engine
) -> None:
    plain = client.get("/downloads/events.csv?seq=9").data
    marked = client.get("/downloads/events.csv?seq=9&bom=1").data
    assert marked == b"\xef\xbb\xbf" + plain
    assert client.get("/downloads/events.csv?bom=yes").status_code == 400
    assert client.get("/downloads/events.exe").status_code == 404
