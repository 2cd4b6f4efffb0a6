"""What comes in by itself: feeds and their gaps, secrets, scheduled reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from auditdash.events.instants import HOUR, MINUTE, Instant, to_rfc3339
from auditdash.ingest.coverage import Coverage, coverage, length_text
from auditdash.operation.doctor.finding import Finding, ok, problem, warning
from auditdash.settings import Settings
from auditdash.store.feeds.sealing import CannotUnseal, unseal
from auditdash.store.standing.totals import find_last_runs
from auditdash.store.workspaces import Workspace, list_workspaces

_PULLS_MISSED: Final = 4


def check_feeds(connection: Connection, settings: Settings, now: Instant) -> Iterator[Finding]:
    """One for each feed, its gaps and its secret, and the newest scheduled reports."""
    every = list_workspaces(connection)
    interval, found = settings.pull_minutes * MINUTE, False
    for workspace in every:
        for each in coverage(connection, workspace.id, now, interval=interval):
            found = True
            yield _age(workspace, each, interval, now)
            yield _gaps(workspace, each)
            if each.feed.sealed_secret:
                yield _secret(workspace, each.feed.sealed_secret, settings)
    if not found:
        yield ok("feed", "none is connected")
    yield from _reports(connection, {each.id: each.slug for each in every})


def _age(workspace: Workspace, covered: Coverage, interval: int, now: Instant) -> Finding:
    feed, where = covered.feed, f"{workspace.slug}, {covered.feed.source}"
    if feed.paused:
        return warning("feed", f"{where}: it is paused", "resume it on the page Coverage")
    latest = feed.last_ok_at or feed.created_at
    age = f"{where}: the newest pull that succeeded was {length_text(max(0, now - latest))} ago"
    if now - latest <= max(HOUR, _PULLS_MISSED * interval):
        return ok("feed", age)
    reason = f" ({feed.last_error})" if feed.last_error else ""
    advice = "see that auditdash serves or a worker runs, then try: auditdash pull"
    return problem("feed", age + reason, advice)


def _gaps(workspace: Workspace, covered: Coverage) -> Finding:
    where = f"{workspace.slug}, {covered.feed.source}"
    if not covered.gaps:
        return ok("gaps", f"{where}: none since {to_rfc3339(covered.span.start)}")
    return warning(
        "gaps",
        f"{where}: {covered.percent:.1f} % is covered, the longest gap is"
        f" {length_text(covered.longest_gap)}",
        "pulls fill them by themselves, oldest first; see the page Coverage",
    )


def _secret(workspace: Workspace, sealed: bytes, settings: Settings) -> Finding:
    try:
        unseal(settings.instance, sealed)
    except CannotUnseal as error:
        return problem("secret", f"{workspace.slug}: {error.what} ({error.where})", error.expected)
    return ok("secret", f"{workspace.slug}: the key opens the stored secret")


def _reports(connection: Connection, slugs: dict[int, str]) -> Iterator[Finding]:
    for run in find_last_runs(connection):
        if run.by_schedule:
            where, at = slugs[run.workspace_id], to_rfc3339(run.finished_at)
            if run.succeeded:
                yield ok("schedule", f"{where}: the newest report was made at {at}")
            else:
                says = f"{where}: the newest scheduled report failed at {at}"
                yield problem("schedule", says, "see the page Reports for why, and make it again")
