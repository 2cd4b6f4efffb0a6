"""The intake in a real browser: files sent with and without scripts, pages for everyone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import Engine

from auditdash.settings import Settings
from auditdash.store.engine import writing
from tests.browser import NewVisit, Visit, axe
from tests.databases import ON_SQLITE, add_workspace
from tests.make import make_raw, store
from tests.people import sign_in_browser
from tests.serving import environment, serve_at_once

pytestmark = ON_SQLITE
PAGES = ("/intake", "/intake/quarantine", "/intake/conflicts", "/intake/unmapped")
BODY = b"\n".join(
    [make_raw(id="a"), make_raw(id="b"), b"{bad <b>", make_raw(id="b", description="other")]
)
DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name));
  const zone = document.querySelector('[data-drop]');
  const how = {dataTransfer: carried, bubbles: true, cancelable: true};
  for (const kind of ['dragenter', 'dragover']) zone.dispatchEvent(new DragEvent(kind, how));
  const over = zone.hasAttribute('data-over');
  zone.dispatchEvent(new DragEvent('drop', how));
  return over && !zone.hasAttribute('data-over');
}"""


@pytest.fixture
def small(settings: Settings, engine: Engine, tmp_path: Path) -> Iterator[str]:
    """The app where an upload may have at most 1 MB."""
    env = environment(settings) | {"AUDITDASH_MAX_BODY_MB": "1"}
    with serve_at_once(Settings.from_env(env), tmp_path / "gunicorn.log") as address:
        yield address


def payload(name: str, body: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="application/x-ndjson", buffer=body)


def look(
    new_visit: NewVisit, engine: Engine, address: str, workspace_id: int, **how: object
) -> Visit:
    visit = new_visit(base_url=address, **how)
    sign_in_browser(visit.page, engine, address, workspace_id)
    visit.page.goto("/intake")
    return visit


def see_receipt(page: Page, scripts: bool) -> None:
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    for _ in range(480):
        if page.get_by_text("Some records did not become events").is_visible():
            break
        page.wait_for_timeout(250)
        if not scripts:
            page.reload()
    stats = page.locator(".stat-value").all_inner_texts()
    assert stats == ["4", "2", "0", "1", "1"]
    expect(page.get_by_text("not JSON")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_is_chosen_sent_and_taken_in(
    live_server: str, engine: Engine, workspace_id: int, new_visit: NewVisit, scripts: bool
) -> None:
    visit = look(new_visit, engine, live_server, workspace_id, scripts=scripts)
    page = visit.page
    page.get_by_label("Choose a file").set_input_files(payload("audit <b>.ndjson", BODY))
    page.get_by_role("button", name="Import").click()
    see_receipt(page, scripts)
    page.get_by_role("link", name="All receipts").click()
    expect(page.get_by_role("cell", name="audit <b>.ndjson")).to_be_visible()
    page.get_by_role("link", name="Quarantine 1").click()
    page.get_by_role("button", name="Try all again").click()
    expect(page.get_by_text("Records from the quarantine")).to_be_visible()
    assert visit.complaints == []


def test_a_file_is_dropped_with_the_keyboard_at_hand(
    live_server: str, engine: Engine, workspace_id: int, new_visit: NewVisit
) -> None:
    visit = look(new_visit, engine, live_server, workspace_id)
    page = visit.page
    assert page.evaluate(DROP, ["dropped.ndjson", BODY.decode()])
    page.get_by_label("Source").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Import")).to_be_focused()
    page.keyboard.press("Enter")
    see_receipt(page, scripts=True)
    assert visit.complaints == []


def test_a_file_too_large_is_refused_before_it_travels(
    small: str, engine: Engine, workspace_id: int, new_visit: NewVisit
) -> None:
    visit = look(new_visit, engine, small, workspace_id)
    page = visit.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_label("Choose a file").set_input_files(payload("a.ndjson", b" " * 1_500_000))
    expect(page.get_by_role("alert").filter(has_text="has 1.4 MB")).to_be_visible()
    page.get_by_role("button", name="Import").click()
    assert "POST" not in sent
    page.get_by_label("Choose a file").set_input_files(payload("a.ndjson", BODY))
    page.get_by_role("button", name="Import").click()
    see_receipt(page, scripts=True)
    assert visit.complaints == []


def test_what_the_server_refuses_is_told_beside_the_form(
    live_server: str, engine: Engine, workspace_id: int, new_visit: NewVisit
) -> None:
    visit = look(new_visit, engine, live_server, workspace_id)
    page = visit.page
    page.evaluate(DROP, ["a.ndjson", BODY.decode()])
    page.get_by_label("Source").fill("auditdash")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("alert").filter(has_text="our own record")).to_be_visible()
    assert axe(page) == []
    page.get_by_label("Source").fill("mode")
    page.get_by_role("button", name="Import").click()
    see_receipt(page, scripts=True)
    assert all("400" in complaint for complaint in visit.complaints)  # the browser notes the answer


def is_too_wide(page: Page) -> bool:
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> dict[str, int]:
    """Workspaces with everything that can come in, and of the demo."""
    long = "w" * 3000
    with writing(engine) as connection:
        for number in range(60):
            bad = json.dumps({"bad": number, "text": long}).encode()
            other = make_raw(description=f"{long} {number}", context={long[:200]: number})
            unknown = make_raw(id=f"u{number}", action=f"unknown_{number}_{long[:300]}")
            store(connection, workspace_id, make_raw(), bad, other, unknown)
        demo = add_workspace(connection, "demo", "Demo", kind="demo")
    return {"filled": workspace_id, "demo": demo}


def test_pages_with_much_that_is_long_and_those_of_the_demo_can_be_used_by_everyone(
    live_server: str, engine: Engine, filled: dict[str, int], new_visit: NewVisit
) -> None:
    for name, workspace_id in filled.items():
        visit = look(new_visit, engine, live_server, workspace_id, dark=True, width=390)
        for path in (*PAGES, *(["/intake/receipts/1"] if name == "filled" else [])):
            visit.page.goto(path)
            assert axe(visit.page) == [], (name, path)
            assert not is_too_wide(visit.page), (name, path)
        assert visit.complaints == []


def test_a_file_too_large_is_refused_without_scripts_too(
    small: str, engine: Engine, workspace_id: int, new_visit: NewVisit, tmp_path: Path
) -> None:
    large = tmp_path / "large.ndjson"
    large.write_bytes(b" " * 20_000_000)
    page = look(new_visit, engine, small, workspace_id, scripts=False).page
    page.get_by_label("Choose a file").set_input_files(large)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Too large")).to_be_visible()
