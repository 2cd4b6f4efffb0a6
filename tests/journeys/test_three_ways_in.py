"""The same events by file, by API and by pull are the same archive, and stand on every page."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.accounts.tokens import create_token
from auditdash.cli.main import main
from auditdash.events.catalogue import actions, category_label, category_of
from auditdash.events.instants import DAY, Instant, parse_instant
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.fake_mode import FakeMode
from tests.ingest.pulls import Puller, Time, encode
from tests.journeys.raw import check_archive, find_archive
from tests.make import EXAMPLE, NOW, one_of_each_action
from tests.people import signed_in
from tests.serving import environment

WAYS = ("file", "api", "pull")
PARTS = ("actor", "entity", "context")
ON_THE_DAY = "2025-02-18T12:00:00Z"  # of the example
QUESTION = "q=source:mode"


def make_records() -> list[dict[str, Any]]:
    """The example, each of the 50 actions, and each of them without one of its parts."""
    records = [EXAMPLE, *one_of_each_action(ON_THE_DAY)]
    for part in PARTS:
        for number, record in enumerate(one_of_each_action(ON_THE_DAY)):
            absent = {name: value for name, value in record.items() if name != part}
            null = {**record, part: None}
            records.append({**(null if number % 2 else absent), "id": f"{record['id']}-no-{part}"})
    return records


RECORDS = make_records()
ACTIONS = {action.name: action for action in actions()}
EXPORTS = sum(ACTIONS[record["action"]].op == "export" for record in RECORDS)
CHANGES = sum(ACTIONS[record["action"]].permission for record in RECORDS)


@pytest.fixture
def archives(engine: Engine, settings: Settings, app: Flask, tmp_path: Path) -> dict[str, int]:
    """A workspace for each way, filled by it."""
    with writing(engine) as connection:
        ids = {way: add_workspace(connection, way, way.title()) for way in WAYS}
    import_file(settings, tmp_path)
    post(engine, app, ids["api"])
    pull(engine, settings, ids["pull"])
    return ids


def import_file(settings: Settings, folder: Path) -> None:
    path = folder / "events.ndjson.gz"
    path.write_bytes(gzip.compress(encode(RECORDS)))
    command = ["import", str(path), "--workspace", "file"]
    done = CliRunner().invoke(main, command, env=environment(settings), catch_exceptions=False)
    assert done.exit_code == 0, done.output


def post(engine: Engine, app: Flask, workspace_id: int) -> None:
    with writing(engine) as connection:
        token = create_token(connection, workspace_id, "ci", None, NOW)
    body = json.dumps(RECORDS).encode()
    headers = {"Authorization": f"Bearer {token}"}
    answer = app.test_client().post("/api/v1/events", data=body, headers=headers).json
    assert answer is not None
    assert (answer["received"], answer["new"]) == (len(RECORDS), len(RECORDS))


def pull(engine: Engine, settings: Settings, workspace_id: int) -> None:
    start = parse_instant("2025-02-18T00:00:00Z")
    with FakeMode(page_size=30, echo=False) as mode:
        mode.add_all(RECORDS)
        time = Time(Instant(start + 2 * DAY))
        puller = Puller(engine, settings, workspace_id, mode, time, start_at=start)
        assert puller.pull_well().added == len(RECORDS)


def test_every_way_in_gives_the_same_archive_and_the_same_pages(
    engine: Engine, app: Flask, archives: dict[str, int]
) -> None:
    with reading(engine) as connection:
        found = {way: find_archive(connection, archives[way]) for way in WAYS}
        for workspace_id in archives.values():
            assert check_archive(connection, workspace_id) == len(RECORDS) == 201
    assert set(found["file"]) == {record["id"] for record in RECORDS}
    assert found["file"] == found["api"] == found["pull"]
    for workspace_id in archives.values():
        check_pages(signed_in(app.test_client(), workspace_id))


def check_pages(client: FlaskClient) -> None:
    assert len(set(timeline_rows(client))) == len(RECORDS)
    assert {json.loads(line)["id"] for line in lines(client, "/downloads/events.ndjson")} == {
        record["id"] for record in RECORDS
    }
    assert len(table(client, "/downloads/events.csv")) == len(RECORDS)
    counted = {
        row["Category"]: int(row["Events"]) for row in table(client, "/charts/by-category.csv")
    }
    assert counted.pop("Total") == len(RECORDS)
    assert counted == Counter(category_label(category_of(each["action"])) for each in RECORDS)
    assert f">{len(RECORDS)}<" in re.sub(r"\s", "", get(client, "/charts").text)
    people = table(client, "/summaries/exports/people.csv")
    assert sum(int(row["exports"]) for row in people) == EXPORTS
    assert f">{EXPORTS}<" in re.sub(r"\s", "", get(client, "/summaries/exports").text)
    get(client, "/summaries/permissions")
    assert len(table(client, "/summaries/permissions.csv")) == CHANGES


def get(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"{path}?{QUESTION}")
    assert answer.status_code == 200, path
    return answer


def lines(client: FlaskClient, path: str) -> list[str]:
    return [line for line in get(client, path).text.split("\n") if line]


def table(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(get(client, path).data.decode("utf-8-sig"))))


def timeline_rows(client: FlaskClient) -> Iterator[str]:
    """The numbers of all events on all pages of the timeline."""
    address: str | None = f"/timeline?{QUESTION}"
    while address is not None:
        page = client.get(address)
        assert page.status_code == 200, address
        yield from re.findall(r"/timeline/event/(\d+)", page.text)
        following = re.search(r'href="(/timeline\?[^"]*after=[^"]*)"', page.text)
        address = unescape(following[1]) if following else None
