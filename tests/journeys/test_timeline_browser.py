"""The timeline in a real browser: with the keyboard alone, without scripts, in light and dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from auditdash.settings import Settings
from auditdash.store.engine import open_engine, writing
from tests.browser import NewVisit, Visit, axe
from tests.databases import add_workspace
from tests.make import make_record, one_of_each_action, store
from tests.people import sign_in_browser
from tests.serving import serve_at_once

START = "/timeline?q=source:mode"


class Site(NamedTuple):
    """The app of this module, with two workspaces: 1 is filled, 2 is empty."""

    address: str
    engine: Engine


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("timeline")
    shutil.copyfile(sqlite_template, folder / "auditdash.db")
    settings = Settings.from_env({"AUDITDASH_INSTANCE": str(folder)})
    engine = open_engine(settings.database_url)
    older = [
        make_record(id=f"old-{number}", actor__username=f"member_{number % 9}")
        for number in range(240)
    ]
    with writing(engine) as connection:
        filled = add_workspace(connection, "acme", "Acme")
        store(connection, filled, *one_of_each_action(), *older)
        add_workspace(connection, "quiet", "Quiet")
    with serve_at_once(settings, folder / "gunicorn.log") as address:
        yield Site(address, engine)
    engine.dispose()


def _enter(site: Site, visit: Visit, path: str = START) -> Page:
    sign_in_browser(visit.page, site.engine, site.address, 1)
    visit.page.goto(path)
    return visit.page


def _facet(page: Page, label: str) -> Locator:
    return page.locator(".facet-link", has_text=label)


def test_a_question_is_asked_and_opened_with_the_keyboard_alone(
    site: Site, new_visit: NewVisit
) -> None:
    visit = new_visit(base_url=site.address)
    page = _enter(site, visit)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("category:connections op:grant")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("Connections")
    expect(page).to_have_url(f"{site.address}/timeline?q=category%3Aconnections%20op%3Agrant")
    first = page.locator(".event-line").first
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".event-full").first).to_contain_text("workspace_connection")
    page.get_by_role("link", name="Only events with this Entity id").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_have_value("category:connections op:grant entity_id:af5aaf31658b")
    page.go_back()
    expect(page.locator("#q")).to_have_value("category:connections op:grant")
    assert visit.complaints == []


def test_rows_follow_while_scrolling(site: Site, new_visit: NewVisit) -> None:
    visit = new_visit(base_url=site.address)
    page = _enter(site, visit)
    for count in (50, 100, 150, 200, 250):
        expect(page.locator(".event")).to_have_count(count)
        page.locator(".more").scroll_into_view_if_needed()
    expect(page.locator(".event")).to_have_count(290)
    expect(page.get_by_text("That is all.")).to_be_visible()
    assert page.locator(".day-head").count() == 2
    assert visit.complaints == []


def test_facets_and_periods_change_the_view_in_place(site: Site, new_visit: NewVisit) -> None:
    visit = new_visit(base_url=site.address, width=1440)
    page = _enter(site, visit)
    page.evaluate("window.stays = true")
    _facet(page, "Data exports").click()
    expect(page.locator("#q")).to_have_value("source:mode category:exports")
    expect(page.locator("#status")).to_have_text("3 events")
    page.locator("#q").fill("source:mode category:exports actor:member_3")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No event matches")).to_be_visible()
    page.get_by_role("link", name="Without category:exports").click()
    expect(page.locator("#q")).to_have_value("source:mode actor:member_3")
    expect(_facet(page, "member_4")).to_be_visible()
    page.get_by_role("link", name="7 days").click()
    expect(page.locator("#q")).to_have_value("source:mode actor:member_3 created:>=now-7d")
    assert page.evaluate("window.stays")
    assert visit.complaints == []


def test_a_bad_query_keeps_the_rows_and_underlines_the_spot(
    site: Site, new_visit: NewVisit
) -> None:
    visit = new_visit(base_url=site.address)
    page = _enter(site, visit)
    box = page.locator("#q")
    box.fill("actr:bob")
    box.press("Enter")
    expect(page.locator(".query-echo mark")).to_have_text("actr")
    expect(page.locator(".event")).to_have_count(50)
    expect(box).to_have_attribute("aria-invalid", "true")
    assert axe(page) == []
    box.fill("actor:member_1")
    box.press("Enter")
    expect(page.locator("#query-error")).to_have_count(0)
    expect(page.locator(".rows-count")).to_contain_text("27 events")
    assert all("400" in complaint for complaint in visit.complaints)


def test_everything_works_without_scripts(site: Site, new_visit: NewVisit) -> None:
    visit = new_visit(base_url=site.address, scripts=False, width=1440)
    page = _enter(site, visit)
    page.locator("#q").fill("op:grant")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".said")).to_contain_text("grant")
    page.locator(".event-line").first.click()
    page.get_by_role("link", name="All fields and the original record").first.click()
    expect(page.locator(".event-record pre")).to_contain_text('"entity_name": "Star Space"')
    page.get_by_role("link", name="Timeline", exact=True).last.click()
    expect(page.locator("#q")).to_have_value("op:grant")
    page.goto(START)
    page.get_by_role("link", name="Next events").click()
    expect(page.locator(".event")).to_have_count(50)
    _facet(page, "Data exports").click()
    expect(page.locator("#q")).to_have_value("source:mode category:exports")
    page.get_by_text("Dates", exact=True).click()
    page.get_by_label("First day").fill("2026-03-01")
    page.get_by_label("Last day").fill("2026-03-31")
    page.get_by_role("button", name="Show these days").click()
    expect(page.locator("#q")).to_have_value(
        "source:mode category:exports created:2026-03-01..2026-03-31"
    )
    assert visit.complaints == []


def test_the_pages_of_a_long_timeline_can_be_used_by_everyone(
    site: Site, new_visit: NewVisit
) -> None:
    visit = new_visit(base_url=site.address, dark=True, width=390)
    page = _enter(site, visit)
    page.locator(".event-line").nth(1).click()
    expect(page.locator(".event-full").first).to_be_visible()
    page.evaluate("document.querySelector('.facets').open = true")
    _check(page)
    for path in ("/timeline?q=actor:nobody", "/timeline/event/7", "/timeline?q=source:mode&seq=20"):
        page.goto(path)
        _check(page)
    assert visit.complaints == []


def test_an_empty_workspace_can_be_used_by_everyone(site: Site, new_visit: NewVisit) -> None:
    visit = new_visit(base_url=site.address)
    sign_in_browser(visit.page, site.engine, site.address, 2)
    visit.page.goto("/timeline")
    expect(visit.page.get_by_role("heading", name="No events yet")).to_be_visible()
    _check(visit.page)
    assert visit.complaints == []


def _check(page: Page) -> None:
    assert axe(page) == []
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) == 0
