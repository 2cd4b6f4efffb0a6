"""One shipment by the way that its destination names: the same for schedules and for people."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from auditdash.events.instants import Instant, parse_zone, to_rfc3339
from auditdash.events.wording import printable
from auditdash.ingest.watching.silences import BEGAN, ENDED
from auditdash.outgoing.folder import check_folder, put_in_folder
from auditdash.outgoing.http import around_of
from auditdash.outgoing.mail import Mail, Server, send_mail
from auditdash.outgoing.outcome import Parcel, RefusedError
from auditdash.outgoing.s3 import Keys, check_bucket, put_object
from auditdash.outgoing.slack import post_to_slack
from auditdash.outgoing.webhook import post_webhook
from auditdash.reports.kept import KeptFileError, find_kept
from auditdash.reports.orders.order import order_of
from auditdash.reports.orders.presets import file_stem
from auditdash.reports.question import report_id
from auditdash.reports.sending.destinations import (
    FolderTo,
    MailTo,
    SlackTo,
    StorageTo,
    WebhookTo,
    config_of,
    secret_of,
)
from auditdash.reports.sending.letter import (
    Letter,
    draw_html,
    draw_plain,
    draw_slack,
    failure_letter,
    feed_letter,
    stream_letter,
    test_letter,
    write_letter,
)
from auditdash.reports.sending.result import decode_result
from auditdash.settings import Sending, Settings
from auditdash.store.report_runs import ReportRun
from auditdash.store.schedules import Schedule
from auditdash.store.sending.deliveries import Delivery
from auditdash.store.sending.destinations import Destination
from auditdash.store.workspaces import Workspace


class Shipment(Struct, frozen=True, kw_only=True):
    """A delivery with all that it is about; `together` are all of the same run, `names` those of
    destinations."""

    delivery: Delivery
    workspace: Workspace
    to: Destination | None
    run: ReportRun | None
    schedule: Schedule | None
    together: tuple[Delivery, ...]
    names: Mapping[int, str]


class Sent(Struct, frozen=True, kw_only=True):
    """What became of it; it need not go when nothing happened."""

    outcome: str
    went: bool = True
    size: int | None = None
    sha256: bytes | None = None


def send_shipment(settings: Settings, shipment: Shipment, now: Instant) -> Sent:
    """Send it; raises SendingError, BadInput or OSError when it does not arrive."""
    run = shipment.run
    if shipment.delivery.purpose != "report" or run is None:
        return Sent(outcome=_send(settings, shipment, None, now))
    if not shipment.delivery.when_empty and not run.rows:
        return Sent(outcome="Nothing happened, and then it is not to be sent.", went=False)
    parcel = _parcel(settings, shipment, run)
    outcome = _send(settings, shipment, parcel, now)
    return Sent(outcome=outcome, size=parcel.size, sha256=parcel.sha256)


def server_of(sending: Sending) -> Server:
    """The mail server; RefusedError when none is set."""
    if not sending.smtp_host:
        raise RefusedError("No mail server is set; an operator can set one: AUDITDASH_SMTP_HOST")
    return Server(
        host=sending.smtp_host,
        port=sending.smtp_port,
        tls=sending.smtp_tls,
        user=sending.smtp_user,
        password=sending.smtp_password,
        sender=sending.mail_from,
        authorities=sending.authorities,
    )


def delivered_name(workspace: Workspace, run: ReportRun) -> str:
    """The name of a report's file elsewhere; no other report has it."""
    days = file_stem(run.period, parse_zone(order_of(run).zone))
    return f"{workspace.slug}-{run.kind}-{days}-{report_id(run)}.pdf"


def recipients_text(shipment: Shipment) -> str:
    """Who gets it, all of them: recipients see each other."""
    mails = [each.recipient for each in shipment.together if each.recipient]
    others = [
        shipment.names.get(each.destination_id or 0, "a destination that was removed")
        for each in shipment.together
        if not each.recipient
    ]
    return ", ".join(dict.fromkeys([*mails, *others]))


def letter_of(sending: Sending, shipment: Shipment, attached: bool) -> Letter:
    """What is written with it."""
    run, base = shipment.run, sending.url
    if shipment.delivery.purpose == "failure":
        link = f"{base}/reports/schedules" if base else ""
        return failure_letter(shipment.workspace, shipment.delivery.note, link)
    if shipment.delivery.purpose == "stream":
        link = f"{base}/settings/streams" if base else ""
        return stream_letter(shipment.workspace, shipment.delivery.note, link)
    if shipment.delivery.purpose in {BEGAN, ENDED}:
        is_back = shipment.delivery.purpose == ENDED
        link = f"{base}/coverage" if base else ""
        return feed_letter(shipment.workspace, shipment.delivery.note, link, is_back=is_back)
    if run is None:
        name = shipment.to.name if shipment.to else ""
        return test_letter(shipment.workspace, name, f"{base}/reports" if base else "")
    link = f"{base}/reports/{run.id}.pdf" if base else ""
    return write_letter(
        shipment.workspace, run, recipients_text(shipment), _closing(shipment, attached), link
    )


def _closing(shipment: Shipment, attached: bool) -> tuple[str, ...]:
    number = report_id(shipment.run) if shipment.run else ""
    elsewhere = f"The report is under Reports in auditdash, as {number}."
    said = "The report is attached." if attached else elsewhere
    if shipment.schedule is None:
        return (said,)
    when = (
        "also when nothing happened" if shipment.delivery.when_empty else "when something happened"
    )
    return said, f"It comes by the schedule “{printable(shipment.schedule.name)}”, {when}."


def _constant_id(delivery: Delivery) -> str:
    """The same for each attempt and each recipient of one mail, and for nothing else."""
    what = "_".join(delivery.key.split("/")[:2])
    return f"{what}_{delivery.created_at}"


def _send(settings: Settings, shipment: Shipment, parcel: Parcel | None, now: Instant) -> str:
    sending, delivery, to = settings.sending, shipment.delivery, shipment.to
    if to is None:  # a person's own address
        return _mail(sending, shipment, (delivery.recipient,), None, now)
    around = around_of(sending)
    match config_of(to):
        case MailTo(addresses):
            return _mail(sending, shipment, addresses, parcel, now)
        case FolderTo(folder):
            if parcel is None:
                return check_folder(sending.folder, folder)
            return put_in_folder(sending.folder, folder, parcel)
        case StorageTo(bucket, access):
            keys = Keys(access=access, secret=secret_of(settings.instance, to))
            if parcel is None:
                return check_bucket(bucket, keys, around)
            return put_object(bucket, keys, around, parcel, now)
        case WebhookTo(url):
            return post_webhook(
                url,
                secret_of(settings.instance, to),
                around,
                message_id=_constant_id(delivery),
                at=now,
                body=_message(sending, shipment, parcel),
            )
        case SlackTo():
            text = draw_slack(letter_of(sending, shipment, attached=False))
            return post_to_slack(secret_of(settings.instance, to), around, text)


def _mail(
    sending: Sending,
    shipment: Shipment,
    to: tuple[str, ...],
    parcel: Parcel | None,
    now: Instant,
) -> str:
    carried = parcel if parcel and parcel.size <= sending.mail_bytes else None
    letter = letter_of(sending, shipment, attached=carried is not None)
    delivery = shipment.delivery
    mail = Mail(
        key=_constant_id(delivery),
        to=to,
        subject=letter.subject,
        plain=draw_plain(letter),
        html=draw_html(letter),
        at=now,
        parcel=carried,
    )
    outcome = send_mail(server_of(sending), mail, delivery.recipient)
    too_large = parcel is not None and carried is None
    return f"{outcome}, with a link: the file is too large for a mail" if too_large else outcome


def _message(sending: Sending, shipment: Shipment, parcel: Parcel | None) -> bytes:
    """The JSON of a webhook; the file in it where it is small enough."""
    run = shipment.run
    if run is None or parcel is None:
        told = {"workspace": shipment.workspace.slug}
        return msgspec.json.encode({"type": "test", "data": told})
    fits = parcel.size <= sending.mail_bytes
    file = {
        "name": parcel.name,
        "media_type": parcel.media_type,
        "size": parcel.size,
        "sha256": parcel.sha256.hex(),
        "url": f"{sending.url}/reports/{run.id}.pdf" if sending.url else None,
        "content": base64.b64encode(parcel.path.read_bytes()).decode() if fits else None,
    }
    data = {
        "workspace": shipment.workspace.slug,
        "report": report_id(run),
        "kind": run.kind,
        "period_start": to_rfc3339(run.period_start),
        "period_end": to_rfc3339(run.period_end),
        "schedule": shipment.schedule.name if shipment.schedule else None,
        "rows": run.rows,
        "pages": run.pages,
        "result": decode_result(run.result),
        "file": file,
    }
    made_at = to_rfc3339(run.finished_at) if run.finished_at is not None else None
    return msgspec.json.encode({"type": "report.made", "timestamp": made_at, "data": data})


def _parcel(settings: Settings, shipment: Shipment, run: ReportRun) -> Parcel:
    try:
        path = find_kept(settings, run)
    except KeptFileError as error:
        raise RefusedError(str(error)) from None
    return Parcel(
        key=shipment.delivery.key,
        path=path,
        name=delivered_name(shipment.workspace, run),
        media_type="application/pdf",
        size=run.size or 0,
        sha256=run.sha256 or b"",
    )
