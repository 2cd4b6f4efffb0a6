"""A whole installation to walk through: one workspace in which everything happened, one without."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser
from sqlalchemy import Connection, Engine, update

from auditdash.accounts.people import create_person, disable_person
from auditdash.accounts.tokens import create_token, revoke_token
from auditdash.events.folding import storable
from auditdash.events.instants import DAY, Instant, now, to_rfc3339
from auditdash.ingest.accesses import Act
from auditdash.ingest.baselines.keep import keep_baseline, parse_when
from auditdash.ingest.baselines.lines import COLUMNS, parse_file
from auditdash.management.reviewing.begin import Wanted, begin_review, plan_review
from auditdash.management.reviewing.decide import Choice, decide
from auditdash.management.reviewing.reviewers import Reviewer
from auditdash.reports.run import run_next
from auditdash.reports.sending.destinations import MailTo
from auditdash.reports.sending.queue import queue_report
from auditdash.search.scope import Clock, Scope
from auditdash.settings import Settings
from auditdash.store.campaigns.lines import Which, find_some
from auditdash.store.engine import open_engine, reading, writing
from auditdash.store.saved_searches import add_saved_search
from auditdash.store.schedules import pause_schedule
from auditdash.store.schema import saved_searches
from auditdash.store.sending.deliveries import claim_delivery, finish_delivery
from auditdash.store.sending.destinations import choose_destinations
from auditdash.store.sending.streams import (
    NewStream,
    claim_stream,
    insert_stream,
    stop_stream,
)
from auditdash.store.workspaces import find_workspace
from auditdash.streams.destinations import SyslogTo, WebhookTo, encode_config
from tests.browser import Visit, open_visit
from tests.databases import add_workspace
from tests.make import make_record, one_of_each_action, store
from tests.people import add_alice, sign_in_browser
from tests.reports.papers import ask
from tests.reports.schedules import add_destination, add_schedule, make_plan
from tests.serving import serve_at_once

FILLED, EMPTY = "filled", "empty"
TEXTS = (
    '</bdi></script><script>window.hit = 1</script><img src=x onerror="window.hit = 1">\'',
    "\u202egpj.exe \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \U0001f98e\u200d\u2b1b",
    "W" * 65_536,
)
FIELDS = (
    "description",
    "workspace_username",
    "actor__ip",
    "actor__user_agent",
    "actor__user_id",
    "actor__username",
    "entity__entity_type",
    "entity__entity_id",
)
_CARRIERS = (
    "connection_group_added_with_role",
    "export_data_sql_exported",
    "org_user_role_changed",
    "report_schedule_user_email_added",
)


class Scene(NamedTuple):
    """The app that is served at `address`; workspace `filled` has everything, `empty` nothing."""

    address: str
    engine: Engine
    settings: Settings
    filled: int
    empty: int
    log: Path

    def visit(self, browser: Browser, workspace: str, **how: Any) -> Visit:
        """Alice before one of the two workspaces, in a browser context of her own."""
        visit = open_visit(browser, base_url=self.address, **how)
        workspace_id = self.filled if workspace == FILLED else self.empty
        sign_in_browser(visit.page, self.engine, self.address, workspace_id)
        return visit


@contextmanager
def open_scene(template: Path, folder: Path, texts: tuple[str, ...]) -> Iterator[Scene]:
    """Serve both workspaces from a copy of a migrated SQLite file; `texts` stand in each field."""
    shutil.copyfile(template, folder / "auditdash.db")
    settings = Settings.from_env({"AUDITDASH_INSTANCE": str(folder)})
    engine = open_engine(settings.database_url)
    with writing(engine) as connection:
        filled = add_workspace(connection, "acme", "Acme")
        empty = add_workspace(connection, "quiet", "Quiet")
    alice = add_alice(engine, now())
    fill(engine, settings, filled, texts)
    with writing(engine) as connection:
        _settle(connection, filled, alice)
        import_baseline(connection, filled, texts)
    review_access(engine, filled, TEXTS[0])
    log = folder / "gunicorn.log"
    with serve_at_once(settings, log) as address:
        yield Scene(address, engine, settings, filled, empty, log)
    engine.dispose()


def fill(engine: Engine, settings: Settings, workspace_id: int, texts: tuple[str, ...]) -> None:
    """Each action, the texts in each field, rejected and conflicting records, a report."""
    with writing(engine) as connection:
        store(connection, workspace_id, *_events(texts), now=now())
        receipt = store(connection, workspace_id, *_trouble(texts), now=now())
        assert (receipt.rejected, receipt.conflicting) == (2 + len(texts), 1)
    ask(engine, workspace_id, now=now())
    assert run_next(engine, settings, now())
    ask(engine, workspace_id, query="actor:nobody", now=now())


def carry(text: str, number: int = 0) -> list[dict[str, Any]]:
    """A record of each kind that pages treat differently, with the text in each field."""
    return [
        make_record(
            id=f"{action}-{number}-{text}"[:500],
            action=action,
            timestamp=to_rfc3339(Instant(now() - DAY - number)),
            **dict.fromkeys(FIELDS, text[:3000]),
            entity__entity_name=text[:65_536],
            context=_context(text),
        )
        for action in (*_CARRIERS, text[:400])
    ]


def _context(text: str) -> dict[str, Any]:
    short = text[:3000]
    named = ("role", "email", "correlation_id", "username", "report_name")
    deep = {short: {short: [short, None, True, 7]}}
    return dict.fromkeys(named, short) | deep | {"group_name": text[:65_536]}


def _events(texts: tuple[str, ...]) -> list[dict[str, Any]]:
    yesterday = to_rfc3339(Instant(now() - DAY))
    bare = {"id": "bare", "action": "group_created", "timestamp": yesterday}
    own = make_record(
        id="own",
        action="connection_user_added_with_role",
        timestamp=yesterday,
        context={"user_id": "af03c0246b82", "username": "peter_parker", "role": "manage"},
    )
    odd = [make_record(id=f"odd-{n}", action=f"new_thing_{n}", timestamp=yesterday) for n in (1, 2)]
    burst = [
        make_record(
            id=f"burst-{n}",
            action="export_data_report_exported_csv",
            timestamp=to_rfc3339(Instant(now() - 2 * DAY + n * 10_000_000)),
            actor__username="night_owl",
            entity__entity_id=f"report-{n}",
        )
        for n in range(40)
    ]
    hostile = [record for n, text in enumerate(texts) for record in carry(text, n)]
    return [*one_of_each_action(yesterday), *burst, bare, own, *odd, *hostile]


def _trouble(texts: tuple[str, ...]) -> list[dict[str, Any] | bytes]:
    """Two plain rejections and one with each text; another content for an id that is known."""
    hostile = [make_record(id=f"bad-{n}", timestamp=text) for n, text in enumerate(texts)]
    other = make_record(id="own", description=" ".join(text[:200] for text in texts))
    return [b"{not json", make_record(timestamp="2026-03-02T09:00:00"), *hostile, other]


def _settle(connection: Connection, workspace_id: int, alice: int) -> None:
    bob = create_person(connection, "bob", "Bob", now())
    disable_person(connection, bob, now())
    for name in ("loader", "old loader"):
        create_token(connection, workspace_id, name, alice, now())
    assert revoke_token(connection, workspace_id, 2, now())
    save_searches(connection, workspace_id, alice, bob, TEXTS[0])
    add_schedule(connection, workspace_id, make_plan(owner_id=alice), now())
    send_report(connection, workspace_id, 1, TEXTS[0])
    stream_on(connection, workspace_id, TEXTS[0])


def stream_on(connection: Connection, workspace_id: int, text: str) -> None:
    """A stream that was paused by itself, with this as its name and reason, and one that is on: a
    worker that is not there is at it, so that nobody sends to a place that there is not."""
    for name, config in (
        (text[:100], WebhookTo("https://siem.example/hook")),
        ("Log server", SyslogTo("logs.example")),
    ):
        plan = NewStream(
            name=name,
            query="category:exports",
            kind="webhook" if isinstance(config, WebhookTo) else "syslog",
            config=encode_config(config),
            form="ocsf",
            tell="alice@acme.com",
        )
        insert_stream(connection, workspace_id, plan, sealed=None, cursor=7, owner_id=1, now=now())
    claimed = claim_stream(connection, now=now(), lease=DAY)
    assert claimed is not None
    stop_stream(connection, claimed, said=text, now=now())
    assert claim_stream(connection, now=now(), lease=DAY) is not None


def send_report(connection: Connection, workspace_id: int, run_id: int, text: str) -> None:
    """A schedule that is paused, and a report: one mail of it went, one did not. The first person
    owns the schedule, and `text` is what people name and what comes back."""
    to = add_destination(
        connection,
        workspace_id,
        MailTo(("ann@acme.com", "bob@acme.com")),
        kind="mail",
        now=now(),
        name=text[:100],
    )
    plan = make_plan("weekly 1 07:30", name=text[:100], owner_id=1)
    paused = add_schedule(connection, workspace_id, plan, now())
    choose_destinations(connection, paused.id, [to.id])
    pause_schedule(connection, paused)
    queue_report(connection, workspace_id, run_id, [to], now())
    for state, outcome in (("done", "mail.acme.com took it"), ("failed", text)):
        claimed = claim_delivery(connection, now=now(), until=Instant(now() + DAY))
        assert claimed is not None
        finish_delivery(connection, claimed, state=state, outcome=outcome, now=now())


def import_baseline(connection: Connection, workspace_id: int, texts: tuple[str, ...]) -> None:
    """Of a day of last year: one grant, one that the events know with another role, the texts."""
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(COLUMNS)
    lines.writerow(
        ("member", "mary_jane", "m1", "connection", "Star Space", "af5aaf31658b", "view")
    )
    lines.writerow(("member", "mary_jane", "m1", "group", "internalgroup", "4f68a254168a", ""))
    for number, text in enumerate(texts):
        name = storable(text[:1_000]).strip() or "blank"
        lines.writerow(("member", name, f"t{number}", "collection", name, f"t{number}", name))
    workspace = find_workspace(connection, workspace_id)
    assert workspace is not None
    act = Act(workspace=workspace, actor={"username": "alice"}, now=now())
    when = parse_when("2025-12-31", workspace.zone_info, now())
    given = parse_file(file.getvalue().encode(), "".join(texts[:1]) or "december.csv")
    keep_baseline(connection, act, given, when)


def review_access(
    engine: Engine, workspace_id: int, text: str, name: str = "", query: str = ""
) -> None:
    """A review of access with this as its reasons, and its name unless it has one; the first two
    people are asked, and the first one has decided some lines, one of them twice."""
    with reading(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
        assert workspace is not None
        asked = [
            Reviewer(person_id=1, username="alice", name="Alice"),
            Reviewer(person_id=2, username="bob", name="Bob"),
        ]
        wanted = Wanted(
            name=name or text[:100], at=now(), query=query, rule="turn", due_at=Instant(now() + DAY)
        )
        clock = Clock(now(), workspace.zone_info)
        plan = plan_review(connection, Scope(workspace_id=workspace_id), clock, wanted, asked)
    act = Act(workspace=workspace, actor={"username": "alice"}, now=now())
    mine = [line for line, person in sorted(plan.dealt.asked.items()) if person == 1]
    with writing(engine) as connection:
        number = begin_review(connection, act, plan)
        for at, decision in ((0, "keep"), (0, "remove"), (1, "remove"), (2, "keep")):
            lines = find_some(connection, Which(campaign_id=number), [mine[at]])
            decide(connection, act, number, lines, Choice(decision=decision, reason=text), 1)


def save_searches(
    connection: Connection, workspace_id: int, alice: int, bob: int, text: str
) -> None:
    """One of Alice's, one of hers that cannot be read any more, one that Bob shares."""
    kept = (
        (alice, "Grants", "op:grant", "UTC", True),
        (alice, text, "actor:bob", "UTC", False),
        (bob, "March in Tokyo", "created:2026-03", "Asia/Tokyo", True),
    )
    for person_id, name, query, zone, shared in kept:
        add_saved_search(
            connection,
            workspace_id=workspace_id,
            person_id=person_id,
            name=name,
            query=query,
            zone=zone,
            shared=shared,
            now=now(),
        )
    mine = (saved_searches.c.workspace_id == workspace_id, saved_searches.c.name == text)
    connection.execute(update(saved_searches).where(*mine).values(query="actr:bob"))
