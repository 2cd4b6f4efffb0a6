"""The pages of the intake: files in, receipts, quarantine, conflicts, unknown actions."""

from __future__ import annotations

import gzip
import io
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import OperationalError

from auditdash.ingest import quarantine as quarantine_module
from auditdash.ingest.intake import open_receipt
from auditdash.ingest.uploads import take_next_upload
from auditdash.settings import Settings
from auditdash.store import schema
from auditdash.store.engine import reading, writing
from auditdash.web import intake as intake_pages
from tests.databases import add_workspace
from tests.make import NOW, make_raw, make_record, store
from tests.people import signed_in
from tests.web.uploading import Send, numbers, post, send, words

__all__ = ["send"]  # a fixture
PAGES = ("/intake", "/intake/quarantine", "/intake/conflicts", "/intake/unmapped")


def count(engine: Engine, source: str = "mode") -> int:
    statement = select(func.count()).where(schema.events.c.source == source)
    with reading(engine) as connection:
        return int(connection.execute(statement).scalar_one())


def test_an_uploaded_file_becomes_events_and_a_receipt(send: Send, engine: Engine) -> None:
    body = make_raw(id="a") + b"\n" + make_raw(id="b") + b"\n{bad\n" + make_raw(id="b", action="x")
    answer = send(body)
    assert numbers(answer) == [4, 2, 0, 1, 1]
    assert "audit.ndjson" in answer.text
    assert "not JSON: object keys must be strings" in answer.text
    assert count(engine) == 2
    again = send(body)
    assert numbers(again) == [4, 0, 2, 1, 1]
    assert "A record that was rejected before is kept once" in again.text
    assert count(engine) == 2


def test_while_a_file_waits_its_receipt_says_so_and_asks_again(
    client: FlaskClient, engine: Engine, settings: Settings
) -> None:
    location = post(client, make_raw()).location
    waiting = client.get(location)
    assert "Taking records in: 0 so far" in waiting.text
    assert f'hx-get="{location}"' in waiting.text
    part = client.get(location, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    take_next_upload(engine, settings, NOW)
    done = client.get(location, headers={"HX-Request": "true"})
    assert "hx-get" not in done.text
    assert "Every record was understood" in done.text


def test_an_upload_by_script_is_told_where_to_go(client: FlaskClient) -> None:
    data = {"file": (io.BytesIO(make_raw()), "a.ndjson"), "source": "mode"}
    answer = client.post("/intake/upload", data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert re.fullmatch(r"/intake/receipts/\d+", answer.headers["HX-Redirect"])


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        (None, "mode", "no file was chosen"),
        ("", "mode", "no file was chosen"),
        ("a", "no good", "is no name of a source"),
        ("a", "x" * 65, "is no name of a source"),
        ("a", "<b>", "is no name of a source"),
        ("a", "auditdash", "our own record"),
    ],
)
def test_a_form_that_is_wrong_is_told_so(
    client: FlaskClient, settings: Settings, name: str | None, source: str, says: str
) -> None:
    data: dict[str, object] = {"source": source}
    if name is not None:
        data["file"] = (io.BytesIO(b"{}"), name)
    answer = client.post("/intake/upload", data=data, content_type="multipart/form-data")
    assert (answer.status_code, says in words(answer)) == (400, True)
    assert list((settings.instance / "uploads").glob("*")) == []


def test_an_upload_without_the_form_token_is_refused(app: Flask, client: FlaskClient) -> None:
    client.environ_base.pop("HTTP_X_CSRF_TOKEN")
    assert post(client, make_raw()).status_code == 403
    assert client.post("/intake/quarantine/replay").status_code == 403
    stranger = app.test_client()
    for path in (*PAGES, "/intake/receipts/1", "/intake/quarantine.ndjson"):
        assert stranger.get(path).status_code == 303, path
    assert post(stranger, make_raw()).status_code in {303, 403}


def test_a_file_larger_than_allowed_is_refused(app: Flask, client: FlaskClient) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 2000
    answer = post(client, make_raw(description="x" * 3000))
    assert answer.status_code == 413
    assert "larger than this installation accepts" in answer.text


def test_a_full_disk_is_told_and_leaves_nothing(
    client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put_down(*_given: object, **_named: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(intake_pages, "put_down", put_down)
    answer = post(client, make_raw())
    assert answer.status_code == 503
    assert "cannot keep the file: No space left on device" in words(answer)


def test_the_demo_takes_no_file_and_says_so(app: Flask, engine: Engine, settings: Settings) -> None:
    with writing(engine) as connection:
        demo = add_workspace(connection, "demo", "Demo", kind="demo")
    client = signed_in(app.test_client(), demo)
    page = client.get("/intake")
    assert "This is the demo: it takes no events of yours" in words(page)
    assert "/intake/upload" not in page.text
    answer = post(client, make_raw())
    assert answer.status_code == 400
    assert "the demo workspace takes no events of yours" in words(answer)
    assert list((settings.instance / "uploads").glob("*")) == []


def test_the_quarantine_can_be_taken_away_and_tried_again(
    client: FlaskClient, send: Send, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_module, "_AT_ONCE", 2)
    bad = [b'{"bad": %d}' % number for number in range(5)]
    send(b"\n".join(bad))
    send(b'{"other": 1}', source="elsewhere")
    answer = client.get("/intake/quarantine.ndjson")
    assert answer.data == b"\n".join([*bad, b'{"other": 1}']) + b"\n"
    assert "attachment" in answer.headers["Content-Disposition"]
    with writing(engine) as connection:  # as if a newer version understood the third
        third = schema.quarantine.c.record == bad[2]
        mended = update(schema.quarantine).where(third).values(record=make_raw(id="third"))
        connection.execute(mended)
    receipt = client.post("/intake/quarantine/replay")
    assert receipt.status_code == 303
    assert "Replay" in words(client.get(receipt.location))
    assert count(engine) == 1
    assert "third" not in client.get("/intake/quarantine.ndjson").text
    rows = client.get("/intake").text
    assert rows.count("Records from the quarantine") == 2  # one receipt for each source
    assert "An event since" in client.get("/intake/receipts/1").text


def test_one_record_can_be_tried_again(client: FlaskClient, send: Send, engine: Engine) -> None:
    send(b'{"bad": 1}\n{"bad": 2}')
    with writing(engine) as connection:
        connection.execute(
            update(schema.quarantine)
            .where(schema.quarantine.c.record == b'{"bad": 2}')
            .values(record=make_raw())
        )
    ids = re.findall(r"/intake/quarantine/(\d+)/record", client.get("/intake/quarantine").text)
    for number, new in zip(ids, (0, 1), strict=True):
        answer = client.post("/intake/quarantine/replay", data={"id": number})
        assert numbers(client.get(answer.location)) == [1, new, 0, 0, 1 - new]
    assert re.findall(r"/intake/quarantine/(\d+)/record", client.get("/intake/quarantine").text)
    assert count(engine) == 1


def test_replaying_an_empty_quarantine_does_nothing(client: FlaskClient) -> None:
    assert client.post("/intake/quarantine/replay").location == "/intake"


@pytest.mark.parametrize("number", ["0", "999", "x", "9" * 30, "-1"])
def test_a_record_that_is_not_there_is_told(client: FlaskClient, number: str) -> None:
    assert client.post("/intake/quarantine/replay", data={"id": number}).status_code in {400, 404}
    assert client.get(f"/intake/quarantine/{number}/record").status_code == 404
    assert client.get(f"/intake/receipts/{number}").status_code == 404


def test_a_huge_record_is_shown_by_its_beginning_and_downloaded_whole(
    client: FlaskClient, send: Send
) -> None:
    huge = make_raw(description="x" * 1_500_000)
    answer = send(gzip.compress(huge))
    assert len(answer.text) < 30_000
    assert f"The first 2,000 of {len(huge):,} bytes" in words(answer)
    (path,) = set(re.findall(r"/intake/quarantine/\d+/record", answer.text))
    assert client.get(path).data == huge


def test_conflicts_show_the_fields_that_differ(client: FlaskClient, send: Send) -> None:
    send(make_raw())
    send(make_raw(actor__username="mary_jane", context__extra={"a": [1, 2]}, description=None))
    page = words(client.get("/intake/conflicts")).replace("&#34;", '"')
    assert '$.actor.username "peter_parker" "mary_jane"' in page
    assert "$.context.extra.a[0] nothing 1" in page
    assert '$.description "group added to connection" nothing' in page
    assert "$.actor.ip" not in page


def test_letters_that_cannot_be_seen_still_differ(client: FlaskClient, send: Send) -> None:
    send(make_raw(actor__username="a\u202eb"))
    send(make_raw(actor__username="a\u200bb"))
    assert "$.actor.username" in client.get("/intake/conflicts").text


def test_a_conflict_in_a_thousand_fields_is_shown_in_part(client: FlaskClient, send: Send) -> None:
    send(make_raw())
    send(make_raw(context={f"field{number}": number for number in range(1000)}))
    page = client.get("/intake/conflicts")
    assert "And 904 more fields" in words(page)
    assert page.text.count("<tr>") < 110


def test_unmapped_actions_lead_to_their_events(client: FlaskClient, send: Send) -> None:
    records = [make_record(id=f"w{n}", action="warp drive <engaged>") for n in range(3)]
    records += [make_record(id="known"), make_record(id="z", action="zebra")]
    send(json.dumps(records).encode())
    page = client.get("/intake/unmapped")
    assert re.search(r"warp drive &lt;engaged&gt;.*zebra", page.text, re.DOTALL)
    assert "connection_group_added_with_role" not in page.text
    link = re.findall(r'href="(/timeline\?[^"]*warp[^"]*)"', page.text)[0]
    found = client.get(link.replace("&amp;", "&"))
    assert found.status_code == 200
    assert len(set(re.findall(r"/timeline/event/(\d+)", found.text))) == 3


EMPTY = dict(
    zip(PAGES, ("Today", "Nothing waits", "No conflicts", "All actions are known"), strict=True)
)


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_part_says_so(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert EMPTY[path] in page.text


def test_pages_lead_through_all_rows(
    client: FlaskClient, engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_pages, "_ROWS", 3)
    with writing(engine) as connection:
        store(connection, workspace_id, make_raw())
        for number in range(7):
            other = make_raw(description=f"other {number}")
            store(connection, workspace_id, other, b'{"bad": %d}' % number)
    for path, link, rows in (
        ("/intake", r'href="(/intake\?before=\d+)"', r'href="(/intake/receipts/\d+)"'),
        ("/intake/quarantine", r'href="(/intake/quarantine\?after=\d+)"', r"(/\d+/record)"),
        ("/intake/conflicts", r'href="(/intake/conflicts\?after=\d+)"', r'id="(conflict-\d+)"'),
    ):
        address, seen = path, list[str]()
        while address:
            page = client.get(address)
            assert page.status_code == 200
            seen += dict.fromkeys(re.findall(rows, page.text))
            address = next(iter(re.findall(link, page.text)), "")
        assert len(seen) == len(set(seen)) >= 7, path


@pytest.mark.parametrize("asked", ["x", "-1", "9" * 30, "1.5"])
def test_a_page_that_is_no_number_is_told(client: FlaskClient, asked: str) -> None:
    assert client.get(f"/intake?before={asked}").status_code == 400
    assert client.get(f"/intake/quarantine?after={asked}").status_code == 400
    assert client.get(f"/intake/conflicts?after={asked}").status_code == 400


def test_another_workspace_sees_nothing_of_it(
    app: Flask, client: FlaskClient, send: Send, engine: Engine
) -> None:
    send(
        make_raw()
        + b"\n{secret\n"
        + make_raw(description="secret")
        + b"\n"
        + make_raw(id="u", action="secret")
    )
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
    stranger = signed_in(app.test_client(), other)
    for path in PAGES:
        page = stranger.get(path)
        assert page.status_code == 200
        assert "secret" not in page.text
        assert "audit.ndjson" not in page.text
    assert stranger.get("/intake/quarantine.ndjson").data == b""
    assert stranger.get("/intake/receipts/1").status_code == 404
    assert stranger.get("/intake/quarantine/1/record").status_code == 404
    assert stranger.post("/intake/quarantine/replay", data={"id": "1"}).status_code == 404
    assert stranger.post("/intake/quarantine/replay").location == "/intake"
    assert client.get("/intake/quarantine/1/record").data == b"{secret"


def test_receipts_have_names_and_states_that_people_understand(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        for channel, name in (("api", "ci"), ("file", "x.csv"), ("replay", "quarantine")):
            open_receipt(
                connection,
                workspace_id=workspace_id,
                source="mode",
                channel=channel,
                name=name,
                now=NOW,
            )
    page = words(client.get("/intake"))
    assert "What was read here on 23 November 2026 auditdash itself 1 1 0 0 0 Today" in page
    assert "Token ci API 0 0 0 0 0 Not ended" in page
    assert "x.csv Command line" in page
    assert "Records from the quarantine Replay" in page


@pytest.mark.parametrize("path", ["/intake", "/api/v1/events"])
def test_a_database_that_does_not_answer_is_told_calmly(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr("auditdash.ingest.accesses.take", fail)
    monkeypatch.setattr("auditdash.api.door.find_token", fail)
    headers = {"Authorization": "Bearer adt_x"}
    answer = client.get(path) if path == "/intake" else client.post(path, headers=headers)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert "Send this again in a minute" in answer.text
    assert ("problem+json" in (answer.content_type or "")) == path.startswith("/api/")
