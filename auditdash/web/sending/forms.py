"""The forms of schedules and destinations: what was typed, so that a refused one comes back."""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_zone, shorten
from auditdash.outgoing.mail import parse_address
from auditdash.outgoing.s3 import Bucket
from auditdash.reports.orders.order import Order, check_order, encode_order, new_order
from auditdash.reports.orders.presets import RELATIVE
from auditdash.reports.sections.controls import FRAMEWORKS
from auditdash.reports.sending.destinations import (
    KINDS,
    Config,
    FolderTo,
    MailTo,
    SlackTo,
    StorageTo,
    WebhookTo,
    config_of,
)
from auditdash.reports.sending.rhythm import LAST_DAY, PERIODS, Rhythm, make_rhythm, parse_rhythm
from auditdash.store.saved_searches import parse_name
from auditdash.store.schedules import Plan, Schedule
from auditdash.store.sending.destinations import Destination
from auditdash.web import params

LONGEST_LOCK = 36_500  # days


class ScheduleForm(Struct, frozen=True, kw_only=True):
    """`weekday` is for weeks, `day` for months and quarters; without `period` it is the calendar
    unit before each slot."""

    name: str = ""
    kind: str = "compliance"
    q: str = "-source:auditdash"
    frameworks: tuple[str, ...] = ()
    period: str = ""
    every: str = "monthly"
    weekday: str = "1"
    day: str = "1"
    clock: str = "06:00"
    zone: str = "UTC"
    ends_on: str = ""
    when_empty: bool = True
    tell: str = ""
    destinations: tuple[int, ...] = ()


def read_schedule() -> ScheduleForm:
    """What was sent."""
    return ScheduleForm(
        name=params.field("name"),
        kind=params.field("kind", "compliance"),
        q=params.field("q"),
        frameworks=params.chosen_fields("framework", FRAMEWORKS),
        period=params.field("period"),
        every=params.field("every"),
        weekday=params.field("weekday", "1"),
        day=params.field("day", "1"),
        clock=params.field("clock"),
        zone=params.field("zone", "UTC"),
        ends_on=params.field("ends_on"),
        when_empty=params.field("when_empty") == "1",
        tell=params.field("tell"),
        destinations=tuple(params.id_fields("destination")),
    )


def schedule_form(known: Schedule, order: Order, to: list[Destination]) -> ScheduleForm:
    """A schedule as its form has it."""
    rhythm = parse_rhythm(known.rhythm)
    usual = order.period == PERIODS[rhythm.every]
    return ScheduleForm(
        name=known.name,
        kind=known.kind,
        q=order.query,
        frameworks=order.frameworks,
        period="" if usual or not isinstance(order.period, str) else order.period,
        every=rhythm.every,
        weekday=str(rhythm.day) if rhythm.every == "weekly" else "1",
        day=str(rhythm.day) if rhythm.every in {"monthly", "quarterly"} else "1",
        clock=rhythm.clock,
        zone=known.zone,
        ends_on=known.ends_on or "",
        when_empty=known.when_empty,
        tell=known.tell,
        destinations=tuple(each.id for each in to),
    )


def plan_of(form: ScheduleForm, like: Order | None, owner_id: int) -> Plan:
    """What the form decides; all else is as in the order that it is `like`. BadInput names the
    field."""
    rhythm = _rhythm(form)
    zone = parse_zone(form.zone).key
    order = like or new_order(form.kind, period=PERIODS[rhythm.every], zone=zone)
    if form.kind != order.kind:
        order = new_order(form.kind, period=PERIODS[rhythm.every], zone=zone)
    order = replace(
        order,
        zone=zone,
        query=form.q,
        frameworks=form.frameworks,
        period=_period(form, rhythm),
    )
    return Plan(
        name=parse_name(form.name),
        kind=order.kind,
        order=encode_order(check_order(order)),
        rhythm=str(rhythm),
        zone=zone,
        ends_on=_last_day(form.ends_on),
        when_empty=form.when_empty,
        owner_id=owner_id,
        tell=parse_address(form.tell) if form.tell else "",
    )


def _rhythm(form: ScheduleForm) -> Rhythm:
    days = {"daily": str(LAST_DAY), "weekly": form.weekday}
    day = days.get(form.every, form.day)
    if not (day.isascii() and day.isdigit() and len(day) < 3):
        raise BadInput(f"{shorten(day)} is no day", where="day")
    return make_rhythm(form.every, int(day), form.clock)


def _period(form: ScheduleForm, rhythm: Rhythm) -> str:
    if form.period and form.period not in RELATIVE:
        raise BadInput("this period is not offered", where="period", expected=", ".join(RELATIVE))
    return form.period or PERIODS[rhythm.every]


def _last_day(text: str) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadInput(
            f"{shorten(text)} is not a day", where="ends_on", expected="such as 2026-12-31"
        ) from None


class DestinationForm(Struct, frozen=True, kw_only=True):
    """Fields of all kinds; the secret never comes back."""

    kind: str
    name: str = ""
    addresses: str = ""
    folder: str = ""
    url: str = ""
    region: str = "us-east-1"
    bucket: str = ""
    lock_days: str = "0"
    access: str = ""
    channel: str = ""


def read_destination(kind: str) -> DestinationForm:
    """What was sent."""
    return params.read_form(DestinationForm, kind=kind)


def read_kind(given: str) -> str:
    """One of KINDS; anything else is BadInput."""
    if given not in KINDS:
        raise BadInput(
            f"{shorten(given)} is no kind of destination", where="kind", expected=", ".join(KINDS)
        )
    return given


def destination_form(known: Destination) -> DestinationForm:
    """A destination as its form has it."""
    form = DestinationForm(kind=known.kind, name=known.name)
    match config_of(known):
        case MailTo(addresses):
            return replace(form, addresses="\n".join(addresses))
        case FolderTo(folder):
            return replace(form, folder=folder)
        case StorageTo(bucket, access):
            return replace(
                form,
                url=bucket.endpoint,
                region=bucket.region,
                bucket=bucket.bucket,
                folder=bucket.folder,
                lock_days=str(bucket.lock_days),
                access=access,
            )
        case WebhookTo(url):
            return replace(form, url=url)
        case SlackTo(channel):
            return replace(form, channel=channel)


def config_from(form: DestinationForm) -> Config:
    """What the form says; BadInput names the field that cannot be read."""
    match form.kind:
        case "mail":
            return MailTo(tuple(form.addresses.replace(",", " ").replace(";", " ").split()))
        case "folder":
            return FolderTo(form.folder)
        case "s3":
            bucket = Bucket(
                endpoint=form.url,
                region=form.region,
                bucket=form.bucket,
                folder=form.folder,
                lock_days=_days(form.lock_days),
            )
            return StorageTo(bucket, form.access)
        case "webhook":
            return WebhookTo(form.url)
    if not form.channel.isprintable() or not 0 < len(form.channel) <= 80:
        raise BadInput("name the channel", where="channel", expected="such as #audit")
    return SlackTo(form.channel)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= LONGEST_LOCK):
        raise BadInput(
            f"{shorten(text)} does not fit",
            where="lock_days",
            expected=f"days from 0 to {LONGEST_LOCK:,}",
        )
    return int(text)
