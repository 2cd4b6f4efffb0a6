"""Where one arrives: the first address, and the welcome of an empty workspace."""

from __future__ import annotations

import threading

from flask import Blueprint, Response, abort
from msgspec import Struct

from auditdash.accounts.roles import Permission
from auditdash.accounts.sessions import choose_workspace
from auditdash.ingest.accesses import Act
from auditdash.ingest.demo_workspace import EXPECTED_EVENTS, SLUG
from auditdash.management.demo import begin_demo
from auditdash.store.engine import reading, writing
from auditdash.store.installation import Installation
from auditdash.store.receipts import find_open_receipt, has_deliveries
from auditdash.store.workspaces import Workspace, find_workspace_by_slug
from auditdash.web import fragments, readers
from auditdash.web.frame.templating import TIMELINE

blueprint = Blueprint("home", __name__)

_ONE_LOADER = threading.Lock()


class DemoProgress(Struct, frozen=True, kw_only=True):
    """How far the demo workspace is: `taken` of about `expected` events."""

    workspace: Workspace | None
    taken: int
    expected: int
    running: bool

    @property
    def is_ready(self) -> bool:
        """Whether there is nothing left to load."""
        return self.workspace is not None and not self.running


@blueprint.get("/")
@readers.needs(Permission.READ, scoped=True)
def home() -> Response:
    """On to the timeline, or to the three ways in while the workspace is empty."""
    is_ours_to_fill = readers.reader().may(Permission.INTAKE) and not _is_filled()
    return fragments.see_other("/welcome" if is_ours_to_fill else TIMELINE)


@blueprint.get("/welcome")
@readers.needs(Permission.INTAKE)
def welcome() -> Response:
    """The three ways in: the demo, a file, Mode."""
    page = "welcome/page.html"
    return fragments.render(page, page, filled=_is_filled(), demo=_demo_progress())


@blueprint.post("/settings/demo")
@readers.needs(Permission.SETTINGS)
def start_demo() -> Response:
    """Load the demo workspace beside this request; whoever is killed goes on where they were."""
    if not _demo_progress().is_ready:
        given = (readers.installation(), readers.act())
        threading.Thread(target=_fill_demo, args=given, name="demo", daemon=True).start()
    return fragments.see_other("/welcome/demo")


@blueprint.get("/welcome/demo")
@readers.needs(Permission.READ, scoped=True)
def demo() -> Response:
    """How far the demo is; when it is there, go and look at it."""
    progress = _demo_progress()
    if progress.workspace is None or not progress.is_ready:
        return fragments.render("welcome/demo.html", "welcome/_demo.html", demo=progress)
    if not readers.is_member(progress.workspace.id):
        abort(404)
    with writing(readers.engine()) as connection:
        choose_workspace(connection, readers.reader().session, progress.workspace.id)
    return fragments.see_other(TIMELINE)


def _is_filled() -> bool:
    with reading(readers.engine()) as connection:
        return has_deliveries(connection, readers.reader().workspace.id)


def _fill_demo(installation: Installation, act: Act) -> None:
    if not _ONE_LOADER.acquire(blocking=False):
        return
    try:
        for _ in begin_demo(installation.engine, act.actor, installation.now(), act.workspace):
            pass
    finally:
        _ONE_LOADER.release()


def _demo_progress() -> DemoProgress:
    with reading(readers.engine()) as connection:
        workspace = find_workspace_by_slug(connection, SLUG)
        receipt = (
            find_open_receipt(connection, workspace_id=workspace.id, channel="demo")
            if workspace
            else None
        )
    return DemoProgress(
        workspace=workspace,
        taken=receipt.received if receipt else 0,
        expected=EXPECTED_EVENTS,
        running=receipt is not None,
    )
