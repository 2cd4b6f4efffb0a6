"""The pictures of docs/screenshots, made anew: `python -m tests.screenshots`.

Each page of the demo, and the pages that the demo has nothing for, in light and dark, at 1440 and
390 px. They are made from fresh instances, so that nobody's data gets into the documentation.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine

from auditdash.accounts.people import create_person
from auditdash.events.instants import now
from auditdash.ingest.demo_workspace import load_demo
from auditdash.reports.orders.order import new_order
from auditdash.reports.run import request_report, run_next
from auditdash.settings import ROOT, Settings
from auditdash.store.engine import open_engine, writing
from auditdash.store.migrate import migrate
from auditdash.store.saved_searches import add_saved_search
from auditdash.store.sending.streams import (
    NewStream,
    advance_stream,
    claim_stream,
    insert_stream,
    release_stream,
)
from auditdash.store.workspaces import list_workspaces
from auditdash.streams.destinations import SyslogTo, WebhookTo, encode_config, where_text
from tests.browser import FLAGS, find_chromium, open_visit
from tests.databases import add_workspace
from tests.journeys.scene import Scene, import_baseline, review_access
from tests.make import make_record, store
from tests.people import add_alice
from tests.serving import find_free_port, serve, with_port

FOLDER: Final = ROOT / "docs" / "screenshots"
_DEMO: Final = {
    "timeline": "/timeline?q=-source:auditdash",
    "timeline-search": "/timeline?q=entity:payroll* is:permission",
    "timeline-error": "/timeline?q=actr:bob",
    "event": "/timeline/event/1",
    "actor": "/actors?name=tomasz_wilk",
    "entity": "/entities?name=Customer Vault",
    "saved": "/saved",
    "help": "/timeline/help",
    "why": "/timeline/why?q=op:export created:2026-06 -source:mode&id=1",
    "charts": "/charts?q=-source:auditdash",
    "exports": "/summaries/exports",
    "permissions": "/summaries/permissions",
    "access": "/access",
    "access-connection": "/access/one?kind=connection&id=4f4b791ad404",
    "access-differences": "/access/differences",
    "access-contradictions": "/access/contradictions",
    "access-reviews": "/access/reviews",
    "access-review": "/access/reviews/1",
    "access-review-new": "/access/reviews/new?q=role:manage",
    "permission-patterns": "/summaries/permissions/patterns",
    "permission-lasting": "/summaries/permissions/lasting",
    "permission-person": "/summaries/permissions/person?q=&name=rafael_nunes",
    "changed": "/changed",
    "inventory": "/inventory",
    "inventory-schedules": "/inventory/schedules",
    "reports": "/reports",
    "schedules": "/reports/schedules",
    "destinations": "/reports/destinations",
    "reports-access": "/reports?kind=access",
    "settings": "/settings",
    "account": "/account",
    "tokens": "/settings/tokens",
    "members": "/settings/members",
    "streams": "/settings/streams",
    "stream": "/settings/streams/1",
    "stream-new": "/settings/streams/new?kind=syslog",
}
_OWN: Final = {
    "welcome": "/welcome",
    "coverage": "/coverage",
    "coverage-connect": "/coverage/connect",
    "intake": "/intake",
    "quarantine": "/intake/quarantine",
    "conflicts": "/intake/conflicts",
    "unmapped": "/intake/unmapped",
    "access-baselines": "/access/baselines",
    "access-baseline": "/access/baselines/1",
}
_COLOURS: Final = 128


def main() -> None:
    """Replace every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        with _served(Path(folder)) as scene:
            for dark in (False, True):
                for width in (1440, 390):
                    _take_all(browser, scene, dark, width)
        browser.close()


@contextmanager
def _served(folder: Path) -> Iterator[Scene]:
    settings = Settings.from_env({"AUDITDASH_INSTANCE": str(folder)})
    migrate(settings.database_url)
    engine = open_engine(settings.database_url)
    with writing(engine) as connection:
        own = add_workspace(connection, "acme", "Acme")
    for _ in load_demo(engine, now()):
        pass
    with writing(engine) as connection:
        demo = next(each for each in list_workspaces(connection) if each.kind == "demo")
        request_report(
            connection,
            workspace_id=demo.id,
            order=new_order("compliance", period="last-month", zone=demo.zone),
            requested_by="Alice",
            now=now(),
        )
    _save_searches(engine, demo.id)
    _stream(engine, demo.id)
    review_access(engine, demo.id, "Left the team", "Connections", "entity_type:connection")
    run_next(engine, settings, now())
    log = folder / "gunicorn.log"
    with serve(with_port(settings, find_free_port()), log) as address:
        yield Scene(address, engine, settings, demo.id, own, log)
    engine.dispose()


def _stream(engine: Engine, workspace_id: int) -> None:
    """Two streams that have sent all that there is."""
    with writing(engine) as connection:
        newest = next(e.last_seq for e in list_workspaces(connection) if e.id == workspace_id)
        for name, query, form, config, sent in (
            ("SIEM", "category:connections", "ocsf", WebhookTo("https://siem.acme.com/in"), 1_274),
            ("Log server", "category:exports", "ecs", SyslogTo("logs.acme.com"), 3_408),
        ):
            kind = "webhook" if isinstance(config, WebhookTo) else "syslog"
            plan = NewStream(
                name=name, query=query, kind=kind, config=encode_config(config), form=form
            )
            insert_stream(
                connection, workspace_id, plan, sealed=None, cursor=0, owner_id=None, now=now()
            )
            claimed = claim_stream(connection, now=now(), lease=1)
            assert claimed is not None
            outcome = f"{where_text(config)} took it"
            done = advance_stream(
                connection,
                claimed,
                cursor=newest,
                sent=sent,
                outcome=outcome,
                now=now(),
                lease=1,
            )
            assert done is not None
            release_stream(connection, done)


def _save_searches(engine: Engine, workspace_id: int) -> None:
    alice = add_alice(engine, now())
    with writing(engine) as connection:
        dylan = create_person(connection, "dylan", "Dylan Mercer", now())
        for person_id, name, query, shared in (
            (alice, "Exports outside working hours", "op:export is:off-hours", True),
            (alice, "Payroll, who was let in", "entity:payroll* is:permission op:grant", False),
            (dylan, "First-seen actions of this week", "is:first-seen created:>=now-7d", True),
        ):
            add_saved_search(
                connection,
                workspace_id=workspace_id,
                person_id=person_id,
                name=name,
                query=query,
                zone="UTC",
                shared=shared,
                now=now(),
            )


def _take_all(browser: Browser, scene: Scene, dark: bool, width: int) -> None:
    suffix = f"{'dark' if dark else 'light'}-{width}"
    demo = scene.visit(browser, "filled", dark=dark, width=width)
    own = scene.visit(browser, "empty", dark=dark, width=width)
    login = open_visit(browser, dark=dark, width=width, base_url=scene.address)
    _take(login.page, "/login", f"login-{suffix}")
    for name, address in _DEMO.items():
        _take(demo.page, address, f"{name}-{suffix}")
    _take(own.page, _OWN["welcome"], f"welcome-{suffix}")
    _bring_in_trouble(scene)
    for name, address in _OWN.items():
        if name != "welcome":
            _take(own.page, address, f"{name}-{suffix}")
    for visit in (demo, own, login):
        visit.page.context.close()


def _bring_in_trouble(scene: Scene) -> None:
    """A delivery with what every real one has some of; the same one twice changes nothing."""
    with writing(scene.engine) as connection:
        store(
            connection,
            scene.empty,
            make_record(),
            make_record(description="group was added to the connection"),
            make_record(id="w-1", action="dashboard_subscription_created"),
            make_record(id="z-1", timestamp="2025-02-18T10:47:37"),
            b'{"id": "cut-1", "action": "group_created", "timesta',
            now=now(),
        )
        import_baseline(connection, scene.empty, ())


def _take(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)  # for charts to be drawn
    picture = Image.open(io.BytesIO(page.screenshot(caret="initial"))).convert("RGB")
    picture.quantize(_COLOURS).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
