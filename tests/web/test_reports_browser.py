"""The page of reports in a real browser: a report from the form to the file, by the real worker."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from auditdash.store.engine import writing
from auditdash.store.report_runs import claim_run, fail_run
from tests.browser import NewVisit, axe
from tests.databases import ON_SQLITE
from tests.make import NOW, one_of_each_action, store
from tests.people import sign_in_browser
from tests.reports.papers import ask

pytestmark = ON_SQLITE
LOOKS = [(dark, width) for dark in (False, True) for width in (1280, 390)]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_report_from_the_form_to_the_file(
    live_server: str, engine: Engine, new_visit: NewVisit, workspace_id: int, scripts: bool
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action("2026-10-08T09:00:00Z"))
    visit = new_visit(base_url=live_server, scripts=scripts)
    page = visit.page
    sign_in_browser(page, engine, live_server, workspace_id)
    page.goto("/reports")
    page.get_by_label("Period", exact=True).select_option("custom")
    page.get_by_label("First day", exact=True).fill("2026-10-01")
    page.get_by_label("Last day", exact=True).fill("2026-10-31")
    page.get_by_role("button", name="Make report").click()
    row = page.get_by_role("row").nth(1)
    for _ in range(120):
        if row.get_by_text("Done", exact=True).is_visible():
            break
        page.wait_for_timeout(1000)
        if not scripts:
            page.reload()
    expect(row).to_contain_text("50 rows")
    with page.expect_download() as download:
        row.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    assert download.value.suggested_filename.endswith("-compliance-2026-10-01_2026-10-31.pdf")
    assert visit.complaints == []


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_the_page_can_be_read_by_everyone(
    live_server: str, engine: Engine, new_visit: NewVisit, workspace_id: int, dark: bool, width: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action("2026-10-08T09:00:00Z"))
    for query in ("", "actor:" + "x" * 300):
        ask(engine, workspace_id, query=query)
    with writing(engine) as connection:
        run = claim_run(connection, now=NOW, until=NOW)
        assert run is not None
        fail_run(connection, run, "It took too long. " * 40, NOW)
    visit = new_visit(dark=dark, width=width, base_url=live_server)
    page = visit.page
    sign_in_browser(page, engine, live_server, workspace_id)
    page.goto("/reports")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reports")
    assert axe(page) == []
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    assert visit.complaints == []
