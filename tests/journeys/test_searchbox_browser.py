"""The search box in a real browser, from the first letter to the answer with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as NoList

from tests.browser import axe
from tests.journeys.scene import FILLED, Scene

_OPEN = "[data-options]:not([hidden])"


def _type(page: Page, text: str) -> None:
    """Type until the list is there: an answer that is late on a busy machine does not come."""
    page.keyboard.type(text)
    for _ in range(20):
        try:
            page.wait_for_selector(_OPEN, timeout=600)
            return
        except NoList:
            page.keyboard.press("Backspace")
            page.keyboard.type(text[-1])


def test_a_question_is_completed_asked_saved_and_opened_with_the_keyboard_alone(
    chromium: Browser, scene: Scene
) -> None:
    visit = scene.visit(chromium, FILLED)
    page = visit.page
    page.goto("/timeline?q=")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search events")
    expect(box).to_be_focused()
    _type(page, "acto")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "q-option-0")
    assert axe(page) == []
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
    page.keyboard.press("Enter")
    expect(page.locator(".rows-count")).to_contain_text("40 events")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator(".example").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#search-sheet")).to_be_hidden()
    assert visit.complaints == []
    page.context.close()
