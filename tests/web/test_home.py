import time

from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.ingest.demo_workspace import SLUG
from auditdash.ingest.intake import close_receipt, open_receipt, reopen, take
from auditdash.ingest.parse import Piece
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import find_workspace_by_slug
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW, make_raw, make_record, store

pytestmark = ON_SQLITE
_TIMELINE = "/timeline?q=-source:auditdash"
_PATIENCE = 120


def test_an_empty_workspace_offers_three_ways_in(client: FlaskClient) -> None:
    assert client.get("/").location == "/welcome"
    page = client.get("/welcome").text
    for way in ('action="/settings/demo"', 'href="/intake"', 'href="/coverage/connect"'):
        assert way in page


def test_a_workspace_with_events_opens_its_timeline(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, make_record())
    assert client.get("/").location == _TIMELINE


def test_our_own_record_of_reading_does_not_fill_a_workspace(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        intake = open_receipt(
            connection,
            workspace_id=workspace_id,
            source="auditdash",
            channel="self",
            name="Reading",
            now=NOW,
        )
        take(connection, intake, [Piece("1", make_raw())])
    assert client.get("/").location == "/welcome"


def test_the_progress_of_the_demo_is_told_until_it_is_there(
    client: FlaskClient, engine: Engine
) -> None:
    with writing(engine) as connection:
        demo = add_workspace(connection, SLUG, "Demo", "demo")
        receipt = open_receipt(
            connection, workspace_id=demo, source="mode", channel="demo", name="x", now=NOW
        )
        take(connection, receipt, [Piece("1", make_raw()), Piece("2", make_raw(id="2"))])
    page = client.get("/welcome/demo")
    assert "2 of about 40,000 events" in page.text
    part = client.get("/welcome/demo", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "Load the demo" in client.get("/welcome").text
    with writing(engine) as connection:
        close_receipt(connection, reopen(connection, demo, "mode", receipt.receipt_id, NOW), NOW)
    assert "Open the demo" in client.get("/welcome").text
    ready = client.get("/welcome/demo", headers={"HX-Request": "true"})
    assert ready.headers["HX-Redirect"] == _TIMELINE
    assert 'value="Demo"' in client.get("/settings").text


def test_the_demo_loads_beside_the_pages(client: FlaskClient, engine: Engine) -> None:
    for _ in range(3):
        assert client.post("/settings/demo").location == "/welcome/demo"
    began = time.monotonic()
    while client.get("/welcome/demo").status_code == 200:
        assert time.monotonic() - began < _PATIENCE
        time.sleep(0.2)
    with reading(engine) as connection:
        demo, own = (find_workspace_by_slug(connection, slug) for slug in (SLUG, "acme"))
    assert demo is not None
    assert own is not None
    assert own.last_seq == 1  # who started it, told once
    assert demo.kind == "demo"
    assert 38_000 < demo.last_seq < 42_000
