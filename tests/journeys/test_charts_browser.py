"""The charts in a real browser: drawn by Plotly under the CSP, or still where scripts are off."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from auditdash.store.engine import writing
from tests.browser import NewVisit, Visit, axe
from tests.charts.examples import HOSTILE
from tests.databases import ON_SQLITE
from tests.make import make_record, one_of_each_action, store
from tests.people import sign_in_browser

pytestmark = ON_SQLITE
CHARTS = 5
DRAWN = ".chart-drawn .js-plotly-plot .bars path"


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    hostile = [
        make_record(id=f"h{number}", actor__username=name, timestamp="2026-03-04T05:06:07Z")
        for number, name in enumerate(HOSTILE)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action(), *hostile)
    return workspace_id


def _open(
    new_visit: NewVisit, engine: Engine, address: str, workspace_id: int, **how: bool | int
) -> Visit:
    visit = new_visit(base_url=address, **how)
    sign_in_browser(visit.page, engine, address, workspace_id)
    visit.page.goto("/charts?q=-source:auditdash")
    return visit


def _fill(page: Page) -> str:
    """The colour of the first bar."""
    colour: str = page.locator(DRAWN).first.evaluate("bar => getComputedStyle(bar).fill")
    return colour


def test_charts_are_drawn_without_a_complaint_and_axe_finds_nothing_in_their_tables(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _open(new_visit, engine, live_server, filled, dark=True)
    page = visit.page
    expect(page.locator(".js-plotly-plot")).to_have_count(CHARTS)
    expect(page.locator(DRAWN).first).to_be_visible()
    expect(page.locator(".chart-still-wide").first).to_be_hidden()
    for summary in page.locator(".chart-table summary").all():
        summary.click()
    assert axe(page) == []
    assert visit.complaints == []


def test_a_click_on_a_bar_leads_to_its_events(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _open(new_visit, engine, live_server, filled)
    page = visit.page
    expect(page.locator(".js-plotly-plot")).to_have_count(CHARTS)
    bar = page.locator("#by-category .bars path").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 4)
    expect(page.locator("#by-category .hovertext")).to_be_visible()
    shown = page.locator("#by-category .hovertext").text_content() or ""
    page.mouse.click(box["x"] + 20, box["y"] + 4)
    page.wait_for_url("**/timeline?**")
    text = parse_qs(urlsplit(page.url).query)["q"][0]
    assert text.startswith("-source:auditdash category:")
    count = page.locator(".rows-count .numbers").text_content() or "?"
    assert f"{count} events" in shown
    assert visit.complaints == []


def test_the_theme_can_change_while_the_charts_stand(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _open(new_visit, engine, live_server, filled)
    expect(visit.page.locator(DRAWN).first).to_be_visible()
    light = _fill(visit.page)
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_function(
        "([path, light]) => getComputedStyle(document.querySelector(path)).fill !== light",
        arg=[DRAWN, light],
    )
    visit.page.evaluate("document.documentElement.dataset.theme = 'light'")
    visit.page.wait_for_function(
        "([path, light]) => getComputedStyle(document.querySelector(path)).fill === light",
        arg=[DRAWN, light],
    )
    assert visit.complaints == []


def test_another_question_draws_the_charts_anew(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _open(new_visit, engine, live_server, filled)
    page = visit.page
    expect(page.locator(".js-plotly-plot")).to_have_count(CHARTS)
    page.fill("#q", "category:exports -source:auditdash")
    page.keyboard.press("Enter")
    expect(page.locator("#by-category .bars path")).to_have_count(1)
    page.fill("#q", "actor:")
    page.keyboard.press("Enter")
    expect(page.locator("#query-error")).to_be_visible()
    expect(page.locator("#by-category .bars path")).to_have_count(1)  # the old charts stay
    assert all("400" in complaint for complaint in visit.complaints)


def test_hostile_names_are_letters_in_the_plot(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _open(new_visit, engine, live_server, filled)
    labels = visit.page.locator("#top-actors .ytick text")
    expect(labels.first).to_be_visible()
    texts = labels.all_text_contents()
    assert any(text.startswith("</text><script>") for text in texts)
    assert any(text.startswith("<b>bold</b> &amp;") for text in texts)
    plot = visit.page.locator("#top-actors .js-plotly-plot")
    assert plot.locator("a, b, script, img").count() == 0
    assert visit.complaints == []


def test_without_scripts_there_are_still_pictures_tables_and_files(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _open(new_visit, engine, live_server, filled, scripts=False)
    page = visit.page
    expect(page.locator(".chart-still-wide svg")).to_have_count(CHARTS)
    for picture in page.locator(".chart-still-wide svg").all():
        expect(picture).to_be_visible()
    page.locator("#by-category summary.card-foot").click()
    page.locator("#by-category td a").first.click()
    assert urlsplit(page.url).path == "/timeline"
    assert visit.complaints == []


def test_a_phone_shows_everything_without_scrolling_sideways(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _open(new_visit, engine, live_server, filled, width=390)
    page = visit.page
    expect(page.locator(".js-plotly-plot")).to_have_count(CHARTS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []
    still = _open(new_visit, engine, live_server, filled, width=390, scripts=False).page
    expect(still.locator(".chart-still-phone svg").first).to_be_visible()
    expect(still.locator(".chart-still-wide svg").first).to_be_hidden()
