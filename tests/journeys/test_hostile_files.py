"""Hostile text in the files that people take away, in headers and in logs, on both databases."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from contextlib import closing
from typing import Any, Final
from urllib.parse import quote

import pikepdf
import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash import jobs
from auditdash.events.instants import DAY, Instant, now
from auditdash.events.periods import Period
from auditdash.settings import Settings
from auditdash.store.engine import writing
from tests.databases import ON_SQLITE
from tests.fake_mode import FakeMode, problem
from tests.ingest.pulls import Puller, Time
from tests.journeys.hostile import HOSTILE
from tests.journeys.scene import carry
from tests.make import NOW, make_raw, store
from tests.reports.papers import make_paper, population

CSV_FILES: Final = {
    "/downloads/events.csv": len,
    "/summaries/permissions.csv": lambda records: _count(records, "connection_", "org_user_"),
    "/summaries/exports/people.csv": None,
    "/summaries/exports/reports.csv": None,
    "/summaries/exports/over-time.csv": None,
    "/summaries/exports/hours.csv": None,
    "/summaries/exports/networks.csv": None,
    "/summaries/exports/new-networks.csv": None,
    "/summaries/exports/gained.csv": None,
    "/summaries/exports/recipients.csv": None,
    "/changed.csv": None,
    "/inventory/tokens.csv": None,
    "/inventory/schedules.csv": None,
    "/inventory/groups.csv": None,
    "/inventory/reports.csv": None,
    "/charts/over-time.csv": None,
    "/charts/by-category.csv": None,
    "/charts/hours-of-week.csv": None,
    "/charts/top-actors.csv": None,
    "/charts/top-entities.csv": None,
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_FILE_NAME: Final = re.compile(r"attachment; filename=\"?[A-Za-z0-9._-]+\"?")
_ACTIVE: Final = {
    "/JavaScript",
    "/JS",
    "/Launch",
    "/SubmitForm",
    "/OpenAction",
    "/AA",
    "/RichMedia",
}


@pytest.fixture
def records(engine: Engine, workspace_id: int) -> list[dict[str, Any]]:
    """A record of each kind with each text, in the store."""
    made = [record for n, text in enumerate(HOSTILE.values()) for record in carry(text, n)]
    with writing(engine) as connection:
        assert store(connection, workspace_id, *made).added == len(made)
    return made


def _count(records: list[dict[str, Any]], *beginnings: str) -> int:
    return sum(record["action"].startswith(beginnings) for record in records)


# What these tell of happens in few feeds only.
MAY_BE_EMPTY: Final = {
    "/summaries/exports/new-networks.csv",
    "/summaries/exports/gained.csv",
    "/changed.csv",
    "/inventory/tokens.csv",
    "/inventory/schedules.csv",
    "/inventory/groups.csv",
    "/inventory/reports.csv",
}


def test_no_cell_of_a_csv_is_a_formula_and_none_breaks_out_of_its_row(
    client: FlaskClient, records: list[dict[str, Any]]
) -> None:
    csv.field_size_limit(1 << 24)
    for address, count in CSV_FILES.items():
        answer = client.get(f"{address}?q=-source:auditdash")
        assert answer.status_code == 200, address
        text = answer.data.decode("utf-8")
        head, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert rows or address in MAY_BE_EMPTY, address
        assert {len(row) for row in (head, *rows)} == {len(head)}, address
        assert [c for row in (head, *rows) for c in row if c.startswith(_FORMULA)] == [], address
        if count is not None:
            assert len(rows) == count(records), address


def test_ndjson_has_each_record_to_the_byte(
    client: FlaskClient, records: list[dict[str, Any]]
) -> None:
    lines = client.get("/downloads/events.ndjson?q=-source:auditdash").data.splitlines()
    assert sorted(lines) == sorted(json.dumps(record).encode() for record in records)


def test_a_hostile_name_of_a_file_is_only_a_name(client: FlaskClient) -> None:
    for kind, text in HOSTILE.items():
        name = text.encode("utf-8", "replace").decode()[:300] + ".ndjson"
        for letter in '"\r\n':  # as browsers write them
            name = name.replace(letter, quote(letter))
        answer = client.post("/intake/upload", data={"file": (io.BytesIO(make_raw()), name)})
        assert answer.status_code == 303, kind
        assert re.fullmatch(r"/intake/receipts/\d+", answer.location), kind
        for address in (answer.location, "/intake"):
            page = client.get(address)
            assert page.status_code == 200, kind
            assert not re.search(r"<script(?! src=\"/static/)|<img|<svg onload", page.text), kind


@ON_SQLITE
def test_no_header_carries_what_strangers_wrote(
    client: FlaskClient, records: list[dict[str, Any]]
) -> None:
    files = [*CSV_FILES, "/downloads/events.ndjson", "/timeline/event/1/record.json"]
    for text in HOSTILE.values():
        name = text.encode("utf-8", "replace").decode()
        client.post("/settings/workspace/name", data={"name": name, "workspace_zone": "UTC"})
        asked = quote(f'"{text[:500]}', errors="replace")
        leads = client.get(f"/timeline/period?from=x&to=y&q={asked}&next={asked}")
        assert "hit" not in {name.lower() for name, _ in leads.headers}
        for address in (*files, f"/downloads/events.csv?q={asked}%22", f"/nothing/{asked}"):
            with client.get(address) as answer:
                given = answer.headers.get("Content-Disposition")
                assert given is None or _FILE_NAME.fullmatch(given), given
                assert "evil.example" not in str(answer.headers)


@ON_SQLITE
def test_a_report_of_hostile_events_is_text_and_nothing_active(
    engine: Engine, settings: Settings, workspace_id: int, records: list[dict[str, Any]]
) -> None:
    today = now()  # records of a scene are as old as they were yesterday
    week = Period(Instant(today - 7 * DAY), today)
    _, path = make_paper(engine, settings, workspace_id, period=week, now=today, sections=("rows",))
    assert len(population(path)) == len(records)
    with pikepdf.open(path) as pdf:
        for found in pdf.objects:
            if isinstance(found, (pikepdf.Dictionary, pikepdf.Stream)):
                assert not _ACTIVE & set(found.keys())
                assert "evil.example" not in str(found.get("/URI", ""))
    with closing(pypdfium2.PdfDocument(path)) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)
    for said in ("<script>window.hit", "=HYPERLINK(", "{{ 7*191 }}", "'; DROP TABLE", "%s%n%x"):
        assert said in text, said


@ON_SQLITE
def test_a_log_line_stays_one_line_whatever_mode_answers(
    engine: Engine, settings: Settings, workspace_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    with FakeMode() as mode, caplog.at_level(logging.INFO):
        Puller(engine, settings, workspace_id, mode, Time())
        for text in HOSTILE.values():
            mode.script.append(problem(403, text[:200], text[:2000]))
            jobs.run_due(engine, settings, lambda: NOW)
    assert caplog.records
    for line in (record.getMessage() for record in caplog.records):
        assert line.isprintable(), line
        assert len(line) < 1000
