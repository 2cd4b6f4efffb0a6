"""The two summaries in a real browser: an admin finds the story in a minute, with or without
scripts, in light and dark, on a desk and on a phone."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from auditdash.events.instants import HOUR, MINUTE, Instant, parse_instant, to_rfc3339
from auditdash.store.engine import writing
from tests.browser import NewVisit, Visit, axe
from tests.charts.examples import HOSTILE
from tests.databases import ON_SQLITE
from tests.make import make_record, store
from tests.people import sign_in_browser
from tests.queries.access_events import random_changes

pytestmark = ON_SQLITE
EXPORTS, PERMISSIONS = "/summaries/exports", "/summaries/permissions"
NIGHT = parse_instant("2026-11-02T01:04:00Z")
_WIDER = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    """A burst at night, someone's own role, hostile names, and more changes than one page has."""
    burst = [_export(f"n{number}", NIGHT + number * MINUTE) for number in range(60)]
    usual = [_export(f"u{number}", NIGHT - number * 24 * HOUR - 12 * HOUR) for number in range(9)]
    hostile = [
        _export(f"h{number}", NIGHT - number * HOUR - 99 * HOUR, name, entity__entity_name=name)
        for number, name in enumerate(HOSTILE)
    ]
    own = make_record(
        id="own",
        action="connection_member_added_with_role",
        timestamp="2026-11-03T18:12:00Z",
        actor__username="tomasz",
        context={"member_username": "tomasz", "role": "manage"},
        entity__entity_name="Payroll",
    )
    with writing(engine) as connection:
        changes = random_changes(random.Random(1), 260)
        assert store(connection, workspace_id, *burst, *usual, *hostile, own, *changes).added == 338
    return workspace_id


def _export(name: str, at: int, who: str = "mira_patel", **changes: Any) -> dict[str, Any]:
    return make_record(
        id=name,
        action="export_data_sql_exported",
        timestamp=to_rfc3339(Instant(at)),
        actor__username=who,
        **changes,
    )


def _visit(
    new_visit: NewVisit, engine: Engine, address: str, workspace_id: int, **how: bool | int
) -> Visit:
    visit = new_visit(base_url=address, **how)
    sign_in_browser(visit.page, engine, address, workspace_id)
    return visit


def _count(page: Page) -> int:
    return int(page.locator(".rows-count .numbers").inner_text().replace(",", ""))


def test_both_summaries_of_a_story_are_sound_on_a_dark_phone(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _visit(new_visit, engine, live_server, filled, dark=True, width=390)
    for path in (EXPORTS, f"{EXPORTS}?q=created:2026-11&all=people", PERMISSIONS):
        visit.page.goto(path)
        expect(visit.page.locator("h1")).to_be_visible()
        assert axe(visit.page) == []
        assert not visit.page.evaluate(_WIDER), path
    visit.page.goto(EXPORTS)
    expect(visit.page.locator(".chart-drawn .js-plotly-plot .bars path").first).to_be_visible()
    assert visit.complaints == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_burst_leads_to_its_events_and_a_connection_to_who_was_let_in(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int, scripts: bool
) -> None:
    visit = _visit(new_visit, engine, live_server, filled, scripts=scripts)
    page = visit.page
    page.goto(EXPORTS)
    notice = page.get_by_role("region", name="Unusual exports")
    expect(notice).to_contain_text("mira_patel exported 60 times between 01:04 and 02:03")
    notice.get_by_role("link", name="Show these events").click()
    expect(page).to_have_url(re.compile(r"/timeline\?"))
    assert _count(page) == 60
    page.goto(PERMISSIONS)
    expect(page.get_by_role("region", name="Own access")).to_contain_text("tomasz gave tomasz")
    page.locator("#q").fill("entity:Payroll subject:tomasz")
    page.locator("#q").press("Enter")
    expect(page.locator(".rows-count")).to_have_text("1 permission change")
    row = page.locator("tr.change")
    for text in ("tomasz", "Granted", "own access", "Payroll", "no access", "manage"):
        expect(row).to_contain_text(text)
    row.get_by_role("link").first.click()
    expect(page.locator("body")).to_contain_text("connection_member_added_with_role")
    assert visit.complaints == []


def test_filters_change_rows_address_and_box_together(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _visit(new_visit, engine, live_server, filled)
    page = visit.page
    page.goto(PERMISSIONS)
    revoked = page.get_by_role("navigation", name="What was done").get_by_role("link").nth(2)
    count = int(revoked.locator(".segment-count").inner_text())
    revoked.click()
    expect(page.locator("#q")).to_have_value("op:revoke,remove")
    expect(page.locator("tr.change .kind-granted")).to_have_count(0)
    assert _count(page) == count
    assert "op%3Arevoke" in page.url
    page.evaluate("window.before = true")
    page.get_by_role("link", name="How long").click()  # its frame and styles are others
    expect(page).to_have_url(re.compile("/lasting"))
    assert page.evaluate("window.before") is None
    page.go_back()
    page.locator("#q").fill("actr:x")
    page.locator("#q").press("Enter")
    expect(page.locator("#query-error")).to_contain_text("Did you mean actor")
    expect(page.locator(".changes tbody tr").first).to_be_visible()  # the old rows stay
    visit.forget()


def test_another_period_draws_the_exports_anew_and_a_bar_leads_to_its_events(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _visit(new_visit, engine, live_server, filled)
    page = visit.page
    page.goto(EXPORTS)
    bars = page.locator(".chart-drawn .js-plotly-plot .bars path")
    expect(bars.first).to_be_visible()
    page.locator("#q").fill("created:2026-11-02 actor:mira_patel")
    page.locator("#q").press("Enter")
    expect(page.locator(".stat-value").first).to_have_text("60")
    hour = bars.nth(1)  # from 01:00
    expect(hour).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    box = hour.bounding_box()
    assert box is not None
    place = box["x"] + box["width"] / 2, box["y"] + 20
    page.mouse.move(*place)
    expect(page.locator(".hovertext")).to_contain_text("56 exports")
    page.mouse.click(*place)
    expect(page).to_have_url(re.compile(r"/timeline\?"))
    assert _count(page) == 56
    assert visit.complaints == []


def test_scrolling_brings_all_changes_and_without_scripts_a_link_does(
    new_visit: NewVisit, engine: Engine, live_server: str, filled: int
) -> None:
    visit = _visit(new_visit, engine, live_server, filled)
    page = visit.page
    page.goto(PERMISSIONS)
    total = _count(page)
    assert total > 200
    rows, end = page.locator("tr.change"), page.get_by_text("That is all.")
    while not end.is_visible():
        shown = rows.count()
        rows.last.scroll_into_view_if_needed()
        page.mouse.wheel(0, 10_000)
        expect(rows.nth(shown).or_(end).first).to_be_attached()
    expect(rows).to_have_count(total)
    assert visit.complaints == []
    still = _visit(new_visit, engine, live_server, filled, scripts=False)
    still.page.goto(PERMISSIONS)
    shown = still.page.locator("tr.change").count()
    following = still.page.get_by_role("link", name="Next changes")
    while following.count():
        still.page.goto(following.get_attribute("href") or "")  # a click does not wait for the page
        shown += still.page.locator("tr.change").count()
    assert shown == total
