"""Every page of the application in a real browser: none is forgotten, broken or out of reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from auditdash.accounts.setup import create_setup_link
from auditdash.events.instants import now
from auditdash.factory import create_app
from auditdash.store.engine import writing
from tests.browser import Visit, axe, open_visit
from tests.journeys.pages import ERRORS, OTHERS, PAGES, PUBLIC, SAME_WHEN_EMPTY
from tests.journeys.scene import EMPTY, FILLED, Scene

_BROKEN = re.compile(r"\bNone\b|\bundefined\b|\bNaN\b|\{\{|\{%|Traceback|Undefined|\[object ")
_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_LOOK = """() => ({
  headings: document.querySelectorAll("h1").length,
  title: document.title,
  text: document.body.innerText,
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  hit: window.hit,
})"""
# The elements that look the same with the focus as without it. Of those that style sheets can tell
# apart only by their number, as the links of a table's rows, the first ones speak for all.
_UNSEEN = """() => {
  const looks = (element) => [element, element.parentElement, element.closest("form, label, li")]
    .map((each) => {
      if (!each) return "";
      const style = getComputedStyle(each);
      return [style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.top,
        style.transform].join();
    }).join();
  const found = [], seen = new Map();
  const kind = (element) => {
    let path = element.getAttributeNames().join();
    for (let at = element; at; at = at.parentElement) {
      path += ` ${at.tagName}.${at.getAttribute("class")}`;
    }
    return path;
  };
  document.activeElement.blur();
  const reached =
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  for (const element of document.querySelectorAll(reached)) {
    if (!element.checkVisibility() || element.disabled) continue;
    seen.set(kind(element), (seen.get(kind(element)) || 0) + 1);
    if (seen.get(kind(element)) > 3) continue;
    const before = looks(element);
    element.focus();
    if (document.activeElement !== element) continue;
    if (looks(element) === before) found.push(element.outerHTML.slice(0, 120));
    element.blur();
  }
  return found;
}"""


def test_no_page_is_forgotten_here(scene: Scene) -> None:
    rules = create_app(scene.settings).url_map.iter_rules()
    views = {rule.endpoint for rule in rules if "GET" in (rule.methods or set())}
    assert views == {*PAGES, *PUBLIC, *OTHERS}
    assert set(PAGES) >= SAME_WHEN_EMPTY


@pytest.mark.parametrize("workspace", [FILLED, EMPTY])
def test_each_page_can_be_used_by_everyone(chromium: Browser, scene: Scene, workspace: str) -> None:
    visit = scene.visit(chromium, workspace)
    left_out = SAME_WHEN_EMPTY if workspace == EMPTY else set()
    elsewhere = {404} if workspace == EMPTY else set()  # an event, a receipt of the other one
    asked = [each for view, those in PAGES.items() if view not in left_out for each in those]
    pages = {address: {200} | elsewhere for address in asked}
    # What is empty differs from page to page, and hardly from look to look.
    assert _judge_all(visit, pages, twice=workspace == FILLED) == ""


def test_each_error_can_be_read_by_everyone(chromium: Browser, scene: Scene) -> None:
    errors = {address: {status} for address, status in ERRORS.items()}
    assert _judge_all(scene.visit(chromium, FILLED), errors, twice=False) == ""


def test_the_door_can_be_used_by_everyone(chromium: Browser, scene: Scene) -> None:
    with writing(scene.engine) as connection:
        token = create_setup_link(connection, 1, now()).rsplit("/", 1)[1]
    visit = open_visit(chromium, base_url=scene.address, width=1440)
    assert _judge_all(visit, {each.format(token=token): {200} for each in PUBLIC.values()}) == ""


def _judge_all(visit: Visit, pages: dict[str, set[int]], *, twice: bool = True) -> str:
    """What is wrong with the pages, a line for each. The next begins as the one before ended; where
    each is looked at once, half of them in each look."""
    looks = [("light", 1440), ("dark", 390)]
    problems = []
    turns = [(number % 2, address) for number, address in enumerate(pages)]
    for turn, address in turns if twice else sorted(turns):
        _wear(visit.page, *looks[turn])
        answer = visit.page.goto(address)
        assert answer is not None
        if answer.status not in pages[address]:
            problems.append(f"{address}: status {answer.status}")
        other = looks[1 - turn] if twice else None
        problems += [f"{address}: {problem}" for problem in _judge(visit, other)]
    visit.page.context.close()
    return "\n".join(problems)


def _wear(page: Page, theme: Any, width: int) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})


def _judge(visit: Visit, other_look: tuple[str, int] | None) -> Iterator[str]:
    """What is wrong with the page as it was opened, and then in the other look if there is one."""
    page = visit.page
    yield from _judge_look(page)
    page.keyboard.press("Tab")
    yield from (f"no visible focus: {element}" for element in page.evaluate(_UNSEEN))
    if other_look is not None:
        _wear(page, *other_look)
        yield from _judge_look(page, again=True)
    yield from (each for each in visit.complaints if "responded with a status of 4" not in each)
    visit.forget()


def _judge_look(page: Page, *, again: bool = False) -> Iterator[str]:
    # What is asked for on the way, such as the next rows, fades the results until it is there.
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.evaluate(_DRAWN)
    look = page.evaluate(_LOOK)
    if look["headings"] != 1:
        yield f"{look['headings']} first headings"
    if not re.fullmatch(r"\S.* · auditdash", look["title"]):
        yield f"title {look['title']!r}"
    if found := _BROKEN.search(look["text"]):
        yield f"says {look['text'][max(found.start() - 40, 0) : found.end() + 40]!r}"
    if look["wide"]:
        yield f"{look['wide']} px too wide"
    if look["hit"]:
        yield "a script of an event ran"
    yield from (f"{each.rule} {each.targets}" for each in axe(page, again=again))
