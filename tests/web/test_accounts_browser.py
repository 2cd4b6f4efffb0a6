"""The door in a real browser: with and without scripts, in light and dark, wide and narrow."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from auditdash.accounts.setup import first_setup_link
from auditdash.events import instants
from auditdash.store.engine import writing
from tests.browser import NewVisit, axe
from tests.databases import ON_SQLITE
from tests.people import PASSWORD, add_alice, sign_in_browser

pytestmark = ON_SQLITE
LOOKS = [(False, 1280), (True, 390)]


def _first_link(engine: Engine) -> str:
    with writing(engine) as connection:
        path = first_setup_link(connection, instants.now())
    assert path is not None
    return path


def _is_too_wide(page: Page) -> bool:
    too_wide: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return too_wide


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_printed_link_to_the_welcome_and_back_in(
    live_server: str, engine: Engine, new_visit: NewVisit, scripts: bool
) -> None:
    visit = new_visit(base_url=live_server, scripts=scripts)
    page = visit.page
    page.goto(_first_link(engine))
    page.get_by_label("Username").fill("Alice")
    page.get_by_label("Your name").fill("Alice Adams")
    page.get_by_label("Name of the workspace").fill("Acme")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Save and log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    page.context.clear_cookies()
    page.goto("/settings")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{live_server}/settings")
    assert visit.complaints == []


def test_the_settings_work_in_a_browser(
    live_server: str, engine: Engine, new_visit: NewVisit, workspace_id: int
) -> None:
    visit = new_visit(base_url=live_server)
    page = visit.page
    sign_in_browser(page, engine, live_server, workspace_id)
    page.goto("/settings/tokens")
    page.get_by_label("What is it for?").first.fill("loader")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("#new-token")).to_contain_text("adt_")
    page.goto("/settings/members")
    page.get_by_label("Username").fill("bob")
    page.get_by_role("button", name="Invite").click()
    expect(page.locator("#new-link")).to_contain_text(f"{live_server}/setup/")
    assert axe(page) == []
    page.goto("/settings")
    page.get_by_label("Your time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Use this zone").click()
    expect(page.get_by_label("Your time zone")).to_have_value("Europe/Berlin")
    page.locator("#main").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    other = page.context.new_page()
    other.goto("/settings/tokens?x=1")
    page.locator('.sidebar form[action="/logout"]').evaluate("(form) => form.requestSubmit()")
    expect(other).to_have_url(f"{live_server}/login?next=%2Fsettings%2Ftokens%3Fx%3D1")
    expect(page).to_have_url(f"{live_server}/login")
    assert visit.complaints == []


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_the_pages_of_the_door_can_be_used_by_everyone(
    live_server: str,
    engine: Engine,
    new_visit: NewVisit,
    workspace_id: int,
    dark: bool,
    width: int,
) -> None:
    visit = new_visit(base_url=live_server, dark=dark, width=width)
    page = visit.page
    for path in ("/login", _first_link(engine)):
        page.goto(path)
        assert (axe(page), _is_too_wide(page)) == ([], False), path
    add_alice(engine)
    sign_in_browser(page, engine, live_server, workspace_id)
    for path in ("/welcome", "/settings"):
        page.goto(path)
        assert (axe(page), _is_too_wide(page)) == ([], False), path
    assert visit.complaints == []
    page.goto("/nothing/here")
    assert axe(page) == []
