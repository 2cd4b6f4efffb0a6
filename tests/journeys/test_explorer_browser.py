"""The histogram, the facets and the rows of the timeline in a real browser: by keyboard alone, with
the brush, and by links where there are no scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from auditdash.settings import Settings
from auditdash.store.engine import open_engine, writing
from tests.browser import NewVisit, axe
from tests.databases import add_workspace
from tests.make import make_record, store
from tests.people import sign_in_browser
from tests.serving import serve_at_once

START = "/timeline?q=source:mode"
_FOCUSED = "document.activeElement.getAttribute('aria-label')"


class Site(NamedTuple):
    """The app of this module, and its database."""

    address: str
    engine: Engine


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A workspace with as many events on each day of March 2026 as the day says."""
    folder = tmp_path_factory.mktemp("explorer")
    shutil.copyfile(sqlite_template, folder / "auditdash.db")
    settings = Settings.from_env({"AUDITDASH_INSTANCE": str(folder)})
    engine = open_engine(settings.database_url)
    records = [
        make_record(
            id=f"e{day}-{number}",
            timestamp=f"2026-03-{day:02}T{number:02}:30:00Z",
            actor__username=f"member_{number % 3}",
        )
        for day in range(1, 21)
        for number in range(day)
    ]
    with writing(engine) as connection:
        store(connection, add_workspace(connection, "acme", "Acme"), *records)
    with serve_at_once(settings, folder / "gunicorn.log") as address:
        yield Site(address, engine)
    engine.dispose()


def _enter(site: Site, page: Page) -> Page:
    sign_in_browser(page, site.engine, site.address, 1)
    page.goto(START)
    return page


def _asked(page: Page, text: str) -> None:
    expect(page.locator("#q")).to_have_value(text)


def _tab_to(page: Page, label: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if (page.evaluate(_FOCUSED) or "").startswith(label):
            return
    raise AssertionError(f"Tab never came to {label}")


def test_the_period_is_narrowed_with_the_keyboard_alone(site: Site, new_visit: NewVisit) -> None:
    visit = new_visit(base_url=site.address, width=1440)
    page = _enter(site, visit.page)
    status = page.locator("#status")
    _tab_to(page, "20 March 2026: 20 events")
    expect(status).to_have_text("20 March 2026: 20 events")
    page.keyboard.press("ArrowLeft")
    expect(status).to_have_text("19 March 2026: 19 events")
    assert page.evaluate(_FOCUSED) == "19 March 2026: 19 events"
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    expect(status).to_have_text("17 March 2026 to 19 March 2026: 54 events")
    expect(page.locator(".bar-chosen")).to_have_count(3)
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".bar-chosen")).to_have_count(0)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    _asked(page, "source:mode created:2026-03-17..2026-03-18")
    expect(page.locator(".rows-count")).to_contain_text("35 events")
    assert "/timeline?q=" in page.url  # the address is that of the view, not of the way to it
    page.get_by_role("link", name="All time").focus()
    page.keyboard.press("Enter")
    _asked(page, "source:mode")
    expect(page.locator(".bar")).to_have_count(20)
    page.locator("#bar").focus()
    page.keyboard.press("Home")
    expect(status).to_have_text("1 March 2026: 1 event")
    page.keyboard.press("Enter")
    _asked(page, "source:mode created:2026-03-01")
    expect(page.locator("#bar")).to_be_focused()
    page.go_back()
    _asked(page, "source:mode")
    assert visit.complaints == []


def test_facets_and_rows_are_used_with_the_keyboard_alone(site: Site, new_visit: NewVisit) -> None:
    visit = new_visit(base_url=site.address, width=1440)
    page = _enter(site, visit.page)
    facet = page.locator("[data-facet=actor]")
    facet.get_by_role("link", name="member_1").first.focus()
    page.keyboard.press("Enter")
    _asked(page, "source:mode actor:member_1")
    expect(facet.locator("[aria-current]")).to_contain_text("member_1")
    expect(facet.locator("[aria-current]")).to_be_focused()
    facet.get_by_role("link", name="Leave out member_2").focus()
    page.keyboard.press("Enter")
    _asked(page, "source:mode actor:member_1 -actor:member_2")
    expect(page.locator(".chip-not")).to_contain_text("Not by member_2")
    page.locator(".chip-not").focus()
    page.keyboard.press("Enter")
    _asked(page, "source:mode actor:member_1")
    facet.get_by_role("link", name="member_1").first.focus()
    page.keyboard.press("Enter")
    _asked(page, "source:mode")
    page.locator("body").press("j")
    rows = page.locator(".event-line")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".event-full")).to_contain_text("internalgroup")
    page.keyboard.press("Escape")
    expect(page.locator(".event-details[open]")).to_have_count(0)
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    assert visit.complaints == []


def test_a_brush_narrows_and_a_facet_stays_as_it_was_left(site: Site, new_visit: NewVisit) -> None:
    visit = new_visit(base_url=site.address, width=390)
    page = _enter(site, visit.page)
    bars = page.locator(".bar")
    bars.nth(9).scroll_into_view_if_needed()
    first, last = bars.nth(4).bounding_box(), bars.nth(9).bounding_box()
    assert first is not None
    assert last is not None
    y = first["y"] + first["height"] / 2
    page.mouse.move(first["x"] + 2, y)
    page.mouse.down()
    page.mouse.move(last["x"] + 2, y, steps=5)
    expect(page.locator("[data-said]")).to_have_text("5 March 2026 to 10 March 2026: 45 events")
    page.mouse.up()
    _asked(page, "source:mode created:2026-03-05..2026-03-10")
    page.locator(".facets-open").click()
    page.locator("[data-facet=actor] > summary").click()
    expect(page.locator("[data-facet=actor]")).not_to_have_attribute("open", "")
    page.get_by_role("link", name="All time").click()
    _asked(page, "source:mode")
    expect(page.locator("[data-facet=actor]")).not_to_have_attribute("open", "")
    page.locator(".histogram-table summary").click()
    assert axe(page) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    assert visit.complaints == []


def test_bars_are_links_without_scripts(site: Site, new_visit: NewVisit) -> None:
    visit = new_visit(base_url=site.address, scripts=False, width=1440)
    page = _enter(site, visit.page)
    page.locator(".bar").nth(6).click()
    _asked(page, "source:mode created:2026-03-07")
    page.goto(START)
    page.locator(".histogram-table summary").click()
    page.get_by_role("link", name="7 March 2026", exact=True).click()
    _asked(page, "source:mode created:2026-03-07")
    assert visit.complaints == []
