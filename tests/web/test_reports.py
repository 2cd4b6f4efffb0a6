"""The page of reports, as its forms and links work without a browser."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Engine, select

from auditdash.events.instants import to_rfc3339
from auditdash.reports.kept import report_path
from auditdash.reports.orders.kinds import kinds
from auditdash.reports.orders.order import order_of
from auditdash.reports.run import run_next
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.records import open_records
from auditdash.store.report_runs import ReportRun, claim_run, fail_run, list_runs
from auditdash.store.reporting.logos import list_logos
from auditdash.store.saved_searches import add_saved_search
from auditdash.store.schema import events, people
from tests.databases import ON_SQLITE, add_workspace
from tests.make import NOW
from tests.reports.papers import ask, find, make_paper

pytestmark = ON_SQLITE


def _form(**changes: str) -> dict[str, str]:
    plain = {"preset": "last-month", "first": "", "last": "", "zone": "UTC", "q": ""}
    return plain | changes


def _runs(engine: Engine, workspace_id: int) -> list[ReportRun]:
    with reading(engine) as connection:
        return list_runs(connection, workspace_id)


def _recorded(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        records = open_records(connection)
        stored = select(events.c.record).where(events.c.source == "auditdash")
        found = connection.execute(stored.order_by(events.c.seq)).scalars()
        return [json.loads(records.raw(each))["description"] for each in found]


def test_an_empty_page_offers_a_report_and_schedules(client: FlaskClient) -> None:
    page = client.get("/reports").text
    assert "No report yet" in page
    assert "/reports/schedules" in page
    assert "hx-trigger" not in page


@pytest.mark.parametrize(
    ("form", "start", "end"),
    [
        (_form(), "2026-10-01", "2026-11-01"),
        (_form(preset="this-month"), "2026-11-01", "2026-12-01"),
        (_form(preset="last-quarter"), "2026-07-01", "2026-10-01"),
        (_form(preset="last-year"), "2025-01-01", "2026-01-01"),
        (_form(preset="last-week"), "2026-11-16", "2026-11-23"),
        (_form(preset="yesterday"), "2026-11-22", "2026-11-23"),
        (_form(preset="custom", first="2026-03-08", last="2026-03-09"), "2026-03-08", "2026-03-10"),
    ],
)
def test_a_report_is_asked_for(
    client: FlaskClient,
    engine: Engine,
    workspace_id: int,
    form: dict[str, str],
    start: str,
    end: str,
) -> None:
    answer = client.post("/reports", data={**form, "framework": ["pci", "soc2"]})
    assert (answer.status_code, answer.location) == (303, "/reports")
    (run,) = _runs(engine, workspace_id)
    assert [to_rfc3339(each)[:10] for each in (run.period_start, run.period_end)] == [start, end]
    assert (run.state, run.requested_by, order_of(run).query) == ("queued", "Alice", "")
    assert order_of(run).frameworks == ("soc2", "pci")
    page = client.get("/reports").text
    assert "Waiting" in page
    assert 'hx-trigger="every 2s"' in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (_form(q="nosuchfield:x"), "nosuchfield"),
        (_form(zone="Nowhere/City"), "not a time zone"),
        (_form(preset="forever"), "not offered"),
        (_form(preset="custom", first="2026-02-30", last="2026-03-01"), "is not a day"),
        (_form(preset="custom", first="2026-03-02", last="2026-03-01"), "before the first"),
        (_form(preset="custom"), "is not a day"),
        (_form(kind="weather"), "there is no kind of report"),
        (_form(kind="access", q="category:exports"), "access has no category"),
        (_form(kind="search", saved="7"), "this saved search is not there"),
        (_form(paper="A3"), "there is no such paper"),
        (_form(language="xx"), "there is no such language"),
        (_form(logo="00"), "this logo is not there"),
        (_form(rows="5"), "so many rows cannot be printed"),
        (_form(rows="many"), "is no number"),
        (_form(sample="501"), "this is no size of a sample"),
        (_form(nonce="a:b"), "this is no nonce"),
        (_form(title="x" * 121), "the title is too long"),
        (_form(preset="custom", first="0001-01-01", last="9999-12-31"), "is not a day"),
    ],
)
def test_a_form_that_cannot_be_read_comes_back_with_what_to_mend(
    client: FlaskClient, engine: Engine, workspace_id: int, form: dict[str, str], said: str
) -> None:
    answer = client.post("/reports", data=form)
    assert answer.status_code == 400
    assert said.casefold() in answer.text.replace("&#39;", "'").casefold()
    assert _runs(engine, workspace_id) == []


def test_each_kind_has_a_form_that_orders_it(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    for name, kind in kinds().items():
        page = client.get(f"/reports?kind={name}").text
        assert kind.said in page
        assert ("Control matrix for" in page) == (name != "access") or "Every month" in page
        form = _form(kind=name, q=kind.query, has_sections="1", title="  Board\n pack ")
        chosen = {"section": ["signoff"], "paper": "Letter", "language": "fr", "sample": "3"}
        answer = client.post("/reports", data={**form, **chosen, "nonce": "n1", "rows": "50"})
        assert answer.status_code == 303
        order = order_of(_runs(engine, workspace_id)[0])
        assert (order.kind, order.title, order.paper) == (name, "Board pack", "Letter")
        assert (order.language, order.sample, order.nonce, order.rows) == ("fr", 3, "n1", 50)
        assert order.sections == ("evidence", "signoff")
    assert client.get("/reports?kind=weather").status_code == 400


def test_a_saved_search_is_asked_as_it_was_written(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    query = "entity:payroll* created:>=now-7d"
    with writing(engine) as connection:
        person = connection.execute(select(people.c.id)).scalars().first() or 0
        number = add_saved_search(
            connection,
            workspace_id=workspace_id,
            person_id=person,
            name="Payroll",
            query=query,
            zone="UTC",
            shared=False,
            now=NOW,
        )
    assert "Payroll" in client.get("/reports?kind=search").text
    answer = client.post("/reports", data=_form(kind="search", q="x", saved=str(number)))
    assert answer.status_code == 303
    (run,) = _runs(engine, workspace_id)
    assert order_of(run).query == query


def test_a_logo_is_kept_printed_and_offered_again(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    image = BytesIO()
    Image.new("RGB", (120, 40), "teal").save(image, "PNG")
    for name in ("acme.png", "again.png"):
        given = {"logo_file": (BytesIO(image.getvalue()), name)}
        assert client.post("/reports", data={**_form(), **given}).status_code == 303
    with reading(engine) as connection:
        (logo,) = list_logos(connection, workspace_id)
    assert (logo.name, logo.width, logo.height) == ("acme.png", 120, 40)
    assert "acme.png (120 × 40)" in client.get("/reports").text
    again, _ = _runs(engine, workspace_id)
    assert order_of(again).logo == logo.sha256.hex()
    assert run_next(engine, settings, NOW)
    assert find(engine, workspace_id, again.id - 1).state == "done"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no image that can be printed"),
        (b"GIF89a" + b"\0" * 40, "no image that can be printed"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 40, "damaged"),
    ],
)
def test_a_file_that_is_no_logo_is_refused(
    client: FlaskClient, engine: Engine, workspace_id: int, content: bytes, told: str
) -> None:
    given = {"logo_file": (BytesIO(content), "logo.png")}
    answer = client.post("/reports", data={**_form(), **given})
    assert answer.status_code == 400
    assert told in answer.text
    assert _runs(engine, workspace_id) == []


def test_a_finished_report_can_be_downloaded_and_that_is_recorded(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    run, path = make_paper(engine, settings, workspace_id)
    answer = client.get(f"/reports/{run.id}.pdf")
    body = answer.get_data()
    assert body == path.read_bytes()
    assert answer.mimetype == "application/pdf"
    name = "acme-compliance-2026-10-01_2026-10-31.pdf"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    digest = b64encode(hashlib.sha256(body).digest()).decode()
    assert answer.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert answer.headers["Cache-Control"] == "no-store"
    page = client.get("/reports").text
    assert hashlib.sha256(body).hexdigest() in page
    assert f"/reports/{run.id}.pdf" in page
    assert any("report-file" in each for each in _recorded(engine))
    answer.close()


def test_a_report_of_another_workspace_is_not_there(
    client: FlaskClient, engine: Engine, settings: Settings
) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
    run, _ = make_paper(engine, settings, other)
    assert client.get(f"/reports/{run.id}.pdf").status_code == 404
    assert client.post(f"/reports/{run.id}/retry").status_code == 404
    assert client.post(f"/reports/{run.id}/cancel").status_code == 404
    assert f"/reports/{run.id}.pdf" not in client.get("/reports").text


def test_a_report_that_is_not_ready_or_was_lost_is_told_apart(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    run_id = ask(engine, workspace_id)
    assert client.get(f"/reports/{run_id}.pdf").status_code == 404
    assert run_next(engine, settings, NOW)
    path = report_path(settings, find(engine, workspace_id, run_id).file_name or "")
    made = path.read_bytes()
    path.write_bytes(made[:-1] + b" ")
    answer = client.get(f"/reports/{run_id}.pdf")
    assert (answer.status_code, answer.mimetype) == (410, "text/html")
    assert "was changed on the disk" in answer.text
    path.write_bytes(made)
    with client.get(f"/reports/{run_id}.pdf") as whole:
        assert whole.data == made
    path.unlink()
    answer = client.get(f"/reports/{run_id}.pdf")
    assert answer.status_code == 410
    assert "no longer on the disk" in answer.text


def test_a_failed_report_says_why_and_can_be_tried_again(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    run_id = ask(engine, workspace_id)
    with writing(engine) as connection:
        run = claim_run(connection, now=NOW, until=NOW)
        assert run is not None
        fail_run(connection, run, "It took <too> long.", NOW)
    page = client.get("/reports").text
    assert "It took &lt;too&gt; long." in page
    assert "Try again" in page
    assert client.post(f"/reports/{run_id}/retry").status_code == 303
    assert find(engine, workspace_id, run_id).state == "queued"
    assert _recorded(engine)[-1] == "report tried again in auditdash"
    assert client.post(f"/reports/{run_id}/retry").status_code == 404


def test_older_reports_are_on_the_next_page(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    ids = [ask(engine, workspace_id) for _ in range(25)]
    first = client.get("/reports").text
    assert f"AD-{ids[-1]:06}" in first
    assert f"/reports?before={ids[5]}" in first
    second = client.get(f"/reports?before={ids[5]}").text
    assert f"AD-{ids[0]:06}" in second
    assert f"AD-{ids[5]:06}" not in second


def test_the_list_asks_again_for_itself_alone(
    client: FlaskClient, engine: Engine, workspace_id: int
) -> None:
    ask(engine, workspace_id)
    answer = client.get("/reports", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="reports"')
    assert "<html" not in answer.text
    assert _recorded(engine) == []
    client.get("/reports")
    assert len(_recorded(engine)) == 1


def test_a_report_that_waits_can_be_cancelled_and_says_by_whom(
    client: FlaskClient, engine: Engine, settings: Settings, workspace_id: int
) -> None:
    run_id = ask(engine, workspace_id)
    assert f"/reports/{run_id}/cancel" in client.get("/reports").text
    assert client.post(f"/reports/{run_id}/cancel").status_code == 303
    assert _recorded(engine)[-1] == "report cancelled in auditdash"
    page = client.get("/reports").text
    assert "Cancelled by Alice" in page
    assert f"/reports/{run_id}/" not in page
    assert not run_next(engine, settings, NOW)
