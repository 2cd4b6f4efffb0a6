"""An authenticator app and a passkey in a real browser, with Chromium's virtual authenticator."""

import time

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from tests.browser import NewVisit, axe
from tests.databases import ON_SQLITE
from tests.people import ALICE, PASSWORD, add_alice

pytestmark = ON_SQLITE
_STEP = 30


def _give_authenticator(page: Page) -> None:
    """A device in which there are passkeys, and which asks for a finger."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _log_in(page: Page) -> None:
    page.goto("/login?next=/account")
    page.get_by_label("Username").fill(ALICE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def _log_out(page: Page) -> None:
    page.locator(".sidebar .reader summary").click()
    page.locator(".sidebar").get_by_role("button", name="Log out").click()


def test_a_passkey_is_added_lets_in_alone_and_proves_it_again(
    live_server: str, engine: Engine, new_visit: NewVisit, workspace_id: int
) -> None:
    add_alice(engine)
    visit = new_visit(base_url=live_server.replace("127.0.0.1", "localhost"))
    page = visit.page
    _give_authenticator(page)
    _log_in(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Its name").fill("Blue key")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    expect(page.locator("#codes li")).to_have_count(10)
    assert axe(page) == []
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Blue key")).to_be_visible()
    assert axe(page) == []
    _log_out(page)
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    page.goto("/account")
    expect(page.get_by_text("with passkey")).to_be_visible()
    _log_out(page)
    _log_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    assert axe(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.goto("/confirm?next=/account/app")
    assert axe(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an authenticator app")
    assert visit.complaints == []


@pytest.mark.parametrize("scripts", [True, False])
def test_an_app_is_set_up_and_asked_for(
    live_server: str, engine: Engine, new_visit: NewVisit, workspace_id: int, scripts: bool
) -> None:
    add_alice(engine)
    visit = new_visit(base_url=live_server, scripts=scripts)
    page = visit.page
    _log_in(page)
    page.get_by_role("link", name="Set up an authenticator app").click()
    page.get_by_text("Or type the key").click()
    app = pyotp.HOTP(page.locator("#secret").inner_text().replace(" ", ""))
    step = int(time.time()) // _STEP
    page.get_by_label("Type the code that the app shows now").fill(app.at(step))
    page.get_by_role("button", name="Use this app").click()
    expect(page.locator("#codes li")).to_have_count(10)
    code = page.locator("#codes li").first.inner_text()
    page.context.clear_cookies()
    _log_in(page)
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    page.get_by_label("Code", exact=True).fill(app.at(step))
    page.get_by_role("button", name="Go on").first.click()
    expect(page.get_by_text("That code is wrong")).to_be_visible()
    page.get_by_text("Use a recovery code").click()
    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Go on").last.click()
    expect(page.get_by_text("9 recovery codes left")).to_be_visible()
    page.context.clear_cookies()
    _log_in(page)
    page.get_by_label("Code", exact=True).fill(app.at(step + 1))
    page.get_by_role("button", name="Go on").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    assert [each for each in visit.complaints if "401 (UNAUTHORIZED)" not in each] == []
