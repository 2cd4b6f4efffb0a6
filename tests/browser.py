"""The system's Chromium, pages that keep what their console says, and axe's judgement of a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

# The first has no window around its pages, and so shows one for half of what it costs the others.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
    "--disable-quic",
]
_PATIENCE = 60_000  # milliseconds, for a machine that is busy otherwise
expect.set_options(timeout=_PATIENCE)
_AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
_LOOKS = (
    "color-contrast",
    "link-in-text-block",
    "meta-viewport",
    "page-has-heading-one",
    "region",
    "scrollable-region-focusable",
)
_VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('CSP: ' + \
e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile + ':' + e.lineNumber))"

# Violations are told in a task of their own, after the page's load. A browser that draws for nobody
# may have no idle moment: it is not waited for long.
_SETTLED = "new Promise(done => requestIdleCallback(() => setTimeout(done), {timeout: 100}))"


@dataclass(frozen=True)
class Violation:
    """One rule of axe that a page breaks, and where."""

    rule: str
    impact: str
    help: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Visit:
    """A page in a context of its own, with what its console complained of.

    A page that was answered with 4xx or 5xx complains too: forget() after one that must be.
    """

    page: Page
    scripts: bool = True
    heard: list[str] = field(default_factory=list)

    @property
    def complaints(self) -> list[str]:
        """Console errors and warnings, CSP violations and uncaught errors up to this moment."""
        if self.scripts:
            self.page.evaluate(_SETTLED)
        else:
            self.page.wait_for_timeout(50)
        return self.heard

    def forget(self) -> None:
        """Start anew."""
        self.complaints.clear()


NewVisit = Callable[..., Visit]


def find_chromium() -> str:
    """The path of a Chromium: $CHROME, or the first of NAMES; pytest stops when there is none."""
    named = os.environ.get("CHROME")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.exit(f"no browser: expected one of {', '.join(NAMES)}, or its path in CHROME")
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a worker; make contexts in it, or take `new_visit`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_visit(chromium: Browser) -> Iterator[NewVisit]:
    """Call it as open_visit, without the browser: a fresh Visit that closes with the test."""
    visits: list[Visit] = []

    def open_one(**how: Any) -> Visit:
        visits.append(open_visit(chromium, **how))
        return visits[-1]

    yield open_one
    for visit in visits:
        visit.page.context.close()


def open_visit(
    browser: Browser,
    *,
    dark: bool = False,
    width: int = 1280,
    scripts: bool = True,
    base_url: str | None = None,
) -> Visit:
    """A page in a context of its own, with cookies of its own; nothing bypasses the page's CSP."""
    context = browser.new_context(
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
        reduced_motion="reduce",
        base_url=base_url,
    )
    context.set_default_timeout(_PATIENCE)
    context.add_init_script(_VIOLATIONS)
    return _watch(Visit(context.new_page(), scripts))


def _watch(visit: Visit) -> Visit:
    page = visit.page

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visit.heard.append(f"{page.url}: {message.text} {message.location}")

    page.on("console", hear)
    page.on("pageerror", lambda error: visit.heard.append(f"{page.url}: {error}"))
    return visit


def axe(page: Page, *, again: bool = False) -> list[Violation]:
    """What axe-core finds wrong with the page as it stands now; it needs scripts switched on.

    `again` asks a page that was found sound of what another theme and width can change, alone.
    Axe enters through the debugger's evaluate, which no CSP forbids, so the page keeps its own.
    """
    if not page.evaluate("'axe' in window"):  # a page that is looked at twice keeps it
        page.evaluate(_AXE.read_text(encoding="utf-8") + ";undefined")
    # Without `preload`, which reads all style sheets again, for one rule: is a page locked upright?
    how: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if again:
        how["runOnly"] = _LOOKS
    answer: dict[str, Any] = page.evaluate("(how) => axe.run(document, how)", how)
    return [
        Violation(
            rule=found["id"],
            impact=found["impact"],
            help=found["help"],
            targets=tuple(str(node["target"]) for node in found["nodes"]),
        )
        for found in answer["violations"]
    ]
