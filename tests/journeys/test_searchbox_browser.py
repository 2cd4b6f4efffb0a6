"""The search box in a real browser, from the first letter to the answer with the keyboard alone.

The page's clock stands while a list is awaited, so no answer comes too late on a busy machine.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import Visit, axe
from tests.journeys.scene import FILLED, Scene

_PAUSE = 60  # milliseconds, of searchbox.js
_OFFER = {
    "group": "Fields",
    "label": "actor",
    "note": "",
    "count": None,
    "text": "actor:bob ",
    "caret": 10,
}
_ASKED = "**/timeline/complete?*"
_LIST = "[data-options]"
# By then an answer that was given before has come, and what follows of it was done.
_COME = "fetch('/healthz').then((answer) => answer.text())"


def _visit(browser: Browser, scene: Scene) -> Visit:
    visit = scene.visit(browser, FILLED)
    visit.page.clock.install(time=0)
    visit.page.goto("/timeline?q=")
    return visit


def _stop_clock(page: Page) -> None:
    page.clock.resume()
    page.clock.pause_at(page.evaluate("Date.now() + 1000") / 1000)


def _type(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.clock.run_for(_PAUSE)
    expect(page.locator(_LIST)).to_be_visible()


def test_a_question_is_completed_asked_saved_and_opened_with_the_keyboard_alone(
    chromium: Browser, scene: Scene
) -> None:
    visit = _visit(chromium, scene)
    page = visit.page
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search events")
    expect(box).to_be_focused()
    _stop_clock(page)
    _type(page, "acto")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "q-option-0")
    page.clock.resume()
    assert axe(page) == []
    _stop_clock(page)
    page.keyboard.press("Tab")
    expect(box).to_have_value("actor:")
    _type(page, "night")
    expect(page.get_by_role("option").first).to_contain_text("night_owl")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "q-option-0")
    page.keyboard.press("Enter")
    expect(box).to_have_value("actor:night_owl ")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.clock.resume()
    page.keyboard.press("Enter")
    expect(page.locator(".rows-count")).to_contain_text("40 events")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator(".example").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#search-sheet")).to_be_hidden()
    assert visit.complaints == []
    page.context.close()


def _move_caret(page: Page) -> None:
    page.locator("#q").evaluate("box => box.setSelectionRange(1, 1)")


# What one does while a list is awaited that is then no longer wanted, or no longer of this text.
_LEAVING: dict[str, Callable[[Page], None]] = {
    "Escape": lambda page: page.keyboard.press("Escape"),
    "another letter": lambda page: page.keyboard.type("x"),
    "another caret": _move_caret,
    "another place": lambda page: page.locator("h1").click(),
    "the search": lambda page: page.keyboard.press("Enter"),
}


def test_a_list_that_is_no_longer_wanted_never_opens(chromium: Browser, scene: Scene) -> None:
    visit = _visit(chromium, scene)
    page, held = visit.page, list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route(_ASKED, hold)
    box = page.locator("#q")
    for what, leave in _LEAVING.items():
        page.goto("/timeline?q=")
        _stop_clock(page)
        box.fill("acto")
        page.clock.run_for(_PAUSE)
        _wait_for_one(page, held)
        leave(page)
        _answer(page, held)
        expect(page.locator(_LIST), what).to_be_hidden()
    page.goto("/timeline?q=")
    _stop_clock(page)
    box.fill("acto")
    page.keyboard.press("Escape")  # before the server is asked
    page.clock.run_for(10 * _PAUSE)
    assert held == []
    box.fill("act")
    page.clock.run_for(_PAUSE)
    _answer(page, held)
    expect(page.locator(_LIST)).to_be_visible()
    page.locator("[data-option]").click()  # which asks what may follow
    expect(box).to_have_value(str(_OFFER["text"]))
    _wait_for_one(page, held)
    page.keyboard.press("Escape")
    _answer(page, held)
    expect(box).to_have_attribute("aria-expanded", "false")
    page.clock.resume()
    assert visit.complaints == []
    page.context.close()


def _wait_for_one(page: Page, held: list[Route]) -> None:
    for _ in range(3000):
        if held:
            return
        page.wait_for_timeout(10)


def _answer(page: Page, held: list[Route]) -> None:
    """Let the list come that is held back."""
    _wait_for_one(page, held)
    held.pop().fulfill(json=[_OFFER])
    page.evaluate(_COME)
