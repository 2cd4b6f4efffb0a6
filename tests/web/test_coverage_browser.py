"""Mode connected in a real browser, pulled by the real worker, seen on the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from auditdash.events.instants import DAY, Instant, now
from auditdash.settings import Settings
from tests.browser import NewVisit, axe
from tests.databases import ON_SQLITE
from tests.fake_mode import FakeMode, problem
from tests.ingest.pulls import Puller, Time, records_over
from tests.people import sign_in_browser

pytestmark = ON_SQLITE
LOOKS = [(False, 1280), (True, 390)]


@pytest.fixture
def mode() -> Iterator[FakeMode]:
    with FakeMode() as mode:
        mode.add_all(records_over(5, 40, now()))
        yield mode


def is_too_wide(page: Page) -> bool:
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide


@pytest.mark.parametrize("scripts", [True, False])
def test_mode_is_connected_tested_and_pulled(
    live_server: str,
    engine: Engine,
    workspace_id: int,
    mode: FakeMode,
    new_visit: NewVisit,
    scripts: bool,
) -> None:
    visit = new_visit(base_url=live_server, scripts=scripts)
    page = visit.page
    sign_in_browser(page, engine, live_server, workspace_id)
    page.goto("/coverage")
    page.get_by_role("link", name="Connect Mode").click()
    page.get_by_label("Workspace", exact=True).fill(mode.workspace)
    page.get_by_label("Token", exact=True).fill(mode.token)
    page.get_by_label("Secret").fill(mode.secret)
    page.get_by_text("Another address").click()
    page.get_by_label("Address").fill(mode.url)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("It works.")).to_be_visible()
    page.get_by_label("Secret").fill(mode.secret)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", name="Mode workspace acme")).to_be_visible()
    for _ in range(120):
        if page.get_by_text("Last pull went well").is_visible():
            break
        page.wait_for_timeout(1000)
        if not scripts:
            page.reload()
    expect(page.get_by_text("There are no gaps since")).to_be_visible()
    assert visit.complaints == []


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_the_coverage_pages_can_be_used_by_everyone(
    live_server: str,
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    mode: FakeMode,
    new_visit: NewVisit,
    dark: bool,
    width: int,
) -> None:
    began = now()
    puller = Puller(engine, settings, workspace_id, mode, Time(began), Instant(began - 90 * DAY))
    mode.script.extend([None] * 60 + [problem(403, "no", "Not \x1b now <b>")])
    puller.pull()
    visit = new_visit(base_url=live_server, dark=dark, width=width)
    page = visit.page
    sign_in_browser(page, engine, live_server, workspace_id)
    for path in ("/coverage", "/coverage/connect"):
        page.goto(path)
        assert axe(page) == []
        assert not is_too_wide(page)
    assert visit.complaints == []
