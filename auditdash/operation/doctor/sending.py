"""What goes out: the mail server, the folder, what opens destinations, deliveries that failed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from auditdash.events.instants import DAY, Instant
from auditdash.operation.doctor.finding import Finding, ok, problem, warning
from auditdash.outgoing.folder import check_folder
from auditdash.outgoing.mail import check_server
from auditdash.outgoing.outcome import SendingError
from auditdash.reports.sending.destinations import secret_of
from auditdash.reports.sending.send import server_of
from auditdash.settings import Sending, Settings
from auditdash.store.feeds.sealing import CannotUnseal
from auditdash.store.schedules import list_schedules
from auditdash.store.sending.deliveries import count_failed
from auditdash.store.sending.destinations import list_destinations
from auditdash.store.sending.streams import list_streams
from auditdash.store.workspaces import Workspace, list_workspaces
from auditdash.streams.destinations import secret_of as stream_secret_of


def check_ways(sending: Sending) -> Iterator[Finding]:
    """Whether a mail and a file could leave now."""
    yield _mail(sending)
    yield _folder(sending)


def check_sent(connection: Connection, settings: Settings, now: Instant) -> Iterator[Finding]:
    """What opens the destinations of each workspace, and what did not arrive since yesterday."""
    for workspace in list_workspaces(connection):
        yield from _secrets(connection, settings, workspace)
        failed = count_failed(connection, workspace.id, Instant(now - DAY))
        if failed:
            many = "deliveries" if failed > 1 else "delivery"
            says = f"{workspace.slug}: {failed:,} {many} of reports failed in the last 24 hours"
            advice = "see Reports › Schedules for why, and try them again there"
            yield problem("delivery", says, advice)
        yield from _streams(connection, settings, workspace)
        yield from _schedules(connection, workspace)


def _mail(sending: Sending) -> Finding:
    if not sending.smtp_host:
        return ok("mail", "no mail server is set: no mail is sent")
    try:
        return ok("mail", check_server(server_of(sending)))
    except SendingError as error:
        advice = "see AUDITDASH_SMTP_*; for a certificate of your own authority AUDITDASH_CA_FILE"
        return problem("mail", str(error), advice)


def _folder(sending: Sending) -> Finding:
    if sending.folder is None:
        return ok("folder", "no folder is set to send to")
    try:
        return ok("folder", check_folder(sending.folder, ""))
    except SendingError as error:
        advice = f"make {sending.folder}, and let this user write to it"
        return problem("folder", str(error), advice)


def _streams(connection: Connection, settings: Settings, workspace: Workspace) -> Iterator[Finding]:
    for each in list_streams(connection, workspace.id):
        if each.paused and each.reason:
            says = f"{workspace.slug}: the stream {each.name} was paused: {each.reason}"
            yield problem("stream", says, "see Settings › Streams, and resume it there")
        elif each.failures:
            says = f"{workspace.slug}: the stream {each.name} fails: {each.last_error}"
            yield warning("stream", says, "it is tried again by itself; see Settings › Streams")
        try:
            stream_secret_of(settings.instance, each)
        except CannotUnseal as error:
            says = (
                f"{workspace.slug}: what signs the stream {each.name} cannot be read: {error.what}"
            )
            yield warning("stream", says, f"{error.expected} ({error.where})")


def _schedules(connection: Connection, workspace: Workspace) -> Iterator[Finding]:
    for each in list_schedules(connection, workspace.id):
        if each.paused and each.reason:
            says = f"{workspace.slug}: the schedule {each.name} was paused: {each.reason}"
            yield warning("schedule", says, "see Reports › Schedules, and resume it there")


def _secrets(connection: Connection, settings: Settings, workspace: Workspace) -> Iterator[Finding]:
    for each in list_destinations(connection, workspace.id):
        try:
            secret_of(settings.instance, each)
        except CannotUnseal as error:
            says = f"{workspace.slug}: what opens {each.name} cannot be read: {error.what}"
            yield warning("destination", says, f"{error.expected} ({error.where})")
