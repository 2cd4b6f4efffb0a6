"""Hostile text in every place that strangers can write to is nothing but text on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page

from auditdash.accounts.people import create_person, parse_name
from auditdash.accounts.tokens import create_token
from auditdash.events.errors import BadInput
from auditdash.events.folding import storable
from auditdash.events.instants import now
from auditdash.ingest.intake import close_receipt, open_receipt
from auditdash.reports.run import run_next
from auditdash.store.engine import writing
from auditdash.store.workspaces import rename_workspace
from tests.journeys.hostile import HOSTILE, PLAIN
from tests.journeys.pages import PAGES
from tests.journeys.scene import (
    EMPTY,
    FILLED,
    Scene,
    fill,
    import_baseline,
    open_scene,
    review_access,
    save_searches,
    send_report,
    stream_on,
)

_TURNING: Final = re.compile("[\x00\x07\x1b\u202a-\u202e\u2066-\u2069]")
# Each element with the names of its attributes, and what only an attack could bring.
_DOM: Final = """() => {
  const shapes = new Set(), wrong = [];
  const walk = (root) => root.querySelectorAll("*").forEach((element) => {
    const names = element.getAttributeNames();
    if (element.closest(".js-plotly-plot")) {
      if (/^(script|img|iframe|a|object|style)$/i.test(element.tagName)) wrong.push(names.join());
    } else shapes.add(`${element.tagName} ${names.sort().join(" ")}`);
    for (const name of names) {
      if (/^(on|hit|data-hx-on)/.test(name)) wrong.push(`${element.tagName} ${name}`);
      if (!/^(href|src|action|hx-get|hx-post|xlink:href)$/.test(name)) continue;
      const leads = new URL(element.getAttribute(name), location.href);
      // How an authenticator app on this device is opened: made of the reader's own name.
      if (leads.protocol === "otpauth:" && location.pathname === "/account/app") continue;
      if (leads.origin !== location.origin) wrong.push(`${name}: ${leads.href.slice(0, 200)}`);
    }
    if (element.tagName === "TEMPLATE") walk(element.content);
  });
  walk(document);
  if (window.hit) wrong.push("a script ran");
  return {shapes: [...shapes], wrong};
}"""


@pytest.fixture(scope="module")
def scene(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """In one workspace everything is hostile; the other is its harmless twin."""
    folder = tmp_path_factory.mktemp("hostile")
    with open_scene(sqlite_template, folder, tuple(HOSTILE.values())) as found:
        fill(found.engine, found.settings, found.empty, PLAIN)  # made what the other left waiting
        assert run_next(found.engine, found.settings, now())
        with writing(found.engine) as connection:
            save_searches(connection, found.empty, 1, 2, PLAIN[0])
            import_baseline(connection, found.empty, PLAIN)
            send_report(connection, found.empty, 3, PLAIN[0])
            stream_on(connection, found.empty, PLAIN[0])
        review_access(found.engine, found.empty, PLAIN[0])
        _name_everything(found, found.empty, PLAIN)
        _name_everything(found, found.filled, tuple(HOSTILE.values()))
        yield found


def _name_everything(scene: Scene, workspace_id: int, texts: tuple[str, ...]) -> None:
    """What people name: tokens, persons, files, the workspace."""
    for number, text in enumerate(texts):
        with suppress(BadInput), writing(scene.engine) as connection:
            create_token(connection, workspace_id, text, None, now())
        with suppress(BadInput), writing(scene.engine) as connection:
            create_person(connection, f"person-{workspace_id}-{number}", text, now())
        with suppress(BadInput), writing(scene.engine) as connection:
            rename_workspace(connection, workspace_id, name=parse_name(text[:60]), zone="UTC")
        with writing(scene.engine) as connection:
            intake = open_receipt(
                connection,
                workspace_id=workspace_id,
                source="mode",
                channel="upload",
                name=storable(text[:200]),
                now=now(),
            )
            close_receipt(connection, intake, now())


def _dialogs(page: Page) -> list[str]:
    """What alerts say, from now on."""
    said: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    return said


def _dom(page: Page, address: str) -> tuple[set[str], list[str]]:
    page.goto(address)
    found = page.evaluate(_DOM)
    return set(found["shapes"]), [f"{address}: {each}" for each in found["wrong"]]


def test_no_text_of_a_stranger_becomes_anything_but_text(chromium: Browser, scene: Scene) -> None:
    hostile, plain = scene.visit(chromium, FILLED), scene.visit(chromium, EMPTY)
    opened = _dialogs(hostile.page)
    problems: list[str] = []
    known: set[str] = set()
    shapes: dict[str, str] = {}
    for address in _addresses():
        known |= _dom(plain.page, address)[0]
        found, wrong = _dom(hostile.page, address)
        shapes |= dict.fromkeys(found, address)
        problems += wrong
        text = hostile.page.inner_text("body")
        if "1337" in text:
            problems.append(f"{address}: a template was filled in")
        if turning := _TURNING.search(text):
            problems.append(f"{address}: {turning[0]!r} turns the text around it")
    problems += [f"{shapes[shape]}: only here: {shape}" for shape in shapes.keys() - known]
    assert problems == []
    assert opened == []
    assert [each for each in hostile.complaints if "status of 404" not in each] == []
    for visit in (hostile, plain):
        visit.page.context.close()


def _addresses() -> Iterator[str]:
    for addresses in PAGES.values():
        yield from addresses
    yield "/intake/receipts/4"  # the twin's; of the other workspace it was 2
    for number in (4, 5, 6):  # the twin's; of the other workspace they were 1, 2, 3
        yield f"/saved/{number}"
    yield "/saved/4/delete"
    yield from ("/reports/3/sent", "/reports/destinations/2", "/reports/schedules/3")
    yield from ("/settings/streams/3", "/settings/streams/4", "/settings/streams/4/edit")
    yield from ("/access/baselines/2", "/access/baselines/2?effect=contradicts&line=2")
    yield from ("/access/reviews/2", "/access/reviews/2?show=undecided&mine=1")
    yield "/timeline?q=is:unmapped"
    yield "/timeline?q=action:org_user_role_changed,report_schedule_user_email_added"
    for seq in range(94, 94 + 5 * len(HOSTILE), 17):
        yield f"/timeline/event/{seq}"


def test_a_hostile_question_is_only_a_question(chromium: Browser, scene: Scene) -> None:
    visit = scene.visit(chromium, FILLED)
    opened = _dialogs(visit.page)
    problems: list[str] = []
    for number, text in enumerate(HOSTILE.values()):
        asked = quote(text[:1500], errors="replace")
        for question in (f"%22{asked}%22", f"role:{asked}&seq={asked}&after={asked}"):
            problems += _dom(visit.page, f"/timeline?q={question}")[1]
        other = ("timeline", "charts", "summaries/exports", "summaries/permissions")[number % 4]
        problems += _dom(visit.page, f"/{other}?q={asked}")[1]
    assert problems == []
    assert opened == []
    assert [each for each in visit.complaints if "status of 400" not in each] == []
    assert scene.log.read_text(encoding="utf-8") == ""
    visit.page.context.close()
