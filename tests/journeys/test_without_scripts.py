"""Every page with scripts switched off: it says the same, and all its links and forms work."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from auditdash.factory import create_app
from tests.journeys.pages import PAGES
from tests.journeys.scene import FILLED, Scene

_ADDRESSES: Final = tuple(each for addresses in PAGES.values() for each in addresses)
_PER_SHAPE: Final = 3
_APP: Final = "otpauth:"  # leads to an app on the device
_HREFS: Final = "(links) => links.map((link) => link.getAttribute('href'))"
# A form that closes the dialog around it leads nowhere, and without scripts nobody sees it.
_LEADING: Final = "form:not(dialog:not([open]) form[method=dialog])"
_FORMS: Final = """(forms) => forms.map((form) => [
  form.method, form.getAttribute("action"), form.elements.csrf_token ? "guarded" : ""])"""


class Walk(NamedTuple):
    """What all pages have with scripts switched off: the page of each link and form; and by page
    the words that are there with scripts alone."""

    missing: list[str]
    links: dict[str, str]
    forms: dict[tuple[str, str, str], str]


@pytest.fixture(scope="module")
def walk(chromium: Browser, scene: Scene) -> Walk:
    """One walk through all of them, in both ways at once: the log tells of each step."""
    plain, rich = scene.visit(chromium, FILLED, scripts=False), scene.visit(chromium, FILLED)
    found = Walk([], {}, {})
    rich.page.goto("/timeline?q=")  # the log tells of it, on every page that follows
    for address in _ADDRESSES:
        for visit in (plain, rich):
            visit.page.goto(address)
        links = plain.page.eval_on_selector_all("a[href]", _HREFS)
        found.links.update(dict.fromkeys(links, address))
        forms = map(tuple, plain.page.eval_on_selector_all(_LEADING, _FORMS))
        found.forms.update(dict.fromkeys(forms, address))
        missing = _words(rich.page) - _words(plain.page)
        found.missing.extend(f"{address}: {word}" for word in sorted(missing))
    assert plain.complaints == []
    for visit in (plain, rich):
        visit.page.context.close()
    return found


def test_each_page_says_the_same_without_scripts(walk: Walk) -> None:
    assert walk.missing == []


def _words(page: Page) -> set[str]:
    """What can be read on the page, but for numbers, Plotly's pictures, how to drop a file and how
    to tick all."""
    scripted = ".js-plotly-plot, [data-drop-hint], [data-tick-all]"
    page.eval_on_selector_all(scripted, "(found) => found.map((each) => each.remove())")
    return {word for word in page.inner_text("body").split() if not re.search(r"[0-9]", word)}


def test_every_link_and_form_leads_somewhere(chromium: Browser, scene: Scene, walk: Walk) -> None:
    problems = []
    assert len(walk.links) > 500
    router = create_app(scene.settings).url_map.bind("localhost")
    for (method, action, guard), address in walk.forms.items():
        guarded = guard or method == "get"
        if not (router.test(urlsplit(action).path, method.upper()) and guarded):
            problems.append(f"{address}: form {method} {action}")
    page = scene.visit(chromium, FILLED, scripts=False).page
    for link in _some_of_each_shape([each for each in walk.links if not each.startswith(_APP)]):
        status = page.request.get(link).status
        if status != 200:
            problems.append(f"{walk.links[link]}: {status} {link}")
    page.context.close()
    assert problems == []


def _some_of_each_shape(links: list[str]) -> list[str]:
    """A few of the links that differ only in a number, or in what is asked."""
    shapes: dict[str, list[str]] = {}
    for link in links:
        path, _, query = link.partition("#")[0].partition("?")
        names = re.findall(r"(\w+)=", query)
        shapes.setdefault(re.sub(r"\d+", "N", f"{path} {names}"), []).append(link)
    return [link for same in shapes.values() for link in same[:: max(len(same) // _PER_SHAPE, 1)]]
