"""Rows of schedules, deliveries and destinations as pages show them."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.accounts.people import find_person_by_id
from auditdash.events.instants import Instant, parse_zone
from auditdash.reports.orders.order import Order, decode_order, fixed, order_of, span_of
from auditdash.reports.question import report_id
from auditdash.reports.sending.destinations import KINDS, where_text
from auditdash.reports.sending.rhythm import next_slots, parse_rhythm
from auditdash.search.period import period_text
from auditdash.store.report_runs import ReportRun
from auditdash.store.schedules import Schedule
from auditdash.store.sending.deliveries import Delivery, list_deliveries
from auditdash.store.sending.destinations import Destination, find_chosen, list_destinations

SLOTS = 5
_STATES = {
    "waiting": ("Waiting", "info"),
    "sending": ("Sending", "info"),
    "done": ("Sent", "ok"),
    "failed": ("Failed", "danger"),
    "skipped": ("Not sent", ""),
}


class ScheduleLine(Struct, frozen=True, kw_only=True):
    """One schedule: its rhythm in words, where it sends to, and what is due next."""

    schedule: Schedule
    rhythm: str
    owner: str
    to: list[Destination]

    @property
    def state(self) -> tuple[str, str]:
        """A word and its colour."""
        if self.schedule.ended_at is not None:
            return "Ended", ""
        return ("Paused", "warning") if self.schedule.paused else ("On", "ok")

    @property
    def is_on(self) -> bool:
        """Whether something is due."""
        return self.schedule.ended_at is None and not self.schedule.paused


class Slot(Struct, frozen=True, kw_only=True):
    """When a report is due, and what it will be about."""

    at: Instant
    period: str


class DeliveryLine(Struct, frozen=True, kw_only=True):
    """One delivery: to whom, and what became of it."""

    delivery: Delivery
    to: str
    kind: str
    state: str
    colour: str
    sha256: str


class RunLine(Struct, frozen=True, kw_only=True):
    """One report with its deliveries."""

    run: ReportRun
    name: str
    period: str
    sent: list[DeliveryLine]


class Place(Struct, frozen=True, kw_only=True):
    """One destination."""

    destination: Destination
    kind: str
    where: str


def schedule_line(connection: Connection, known: Schedule) -> ScheduleLine:
    """A schedule with its owner and destinations."""
    owner = find_person_by_id(connection, known.owner_id) if known.owner_id else None
    return ScheduleLine(
        schedule=known,
        rhythm=parse_rhythm(known.rhythm).said(),
        owner=owner.name if owner else "",
        to=find_chosen(connection, known.id),
    )


def coming(known: Schedule) -> list[Slot]:
    """The next slots of a schedule that is on, the one that is due first."""
    order, zone = decode_order(known.order), parse_zone(known.zone)
    before = Instant(known.next_at - 1)
    slots = next_slots(parse_rhythm(known.rhythm), before, zone, known.last_day, SLOTS)
    return [Slot(at=slot, period=_about(order, slot)) for slot in slots]


def _about(order: Order, slot: Instant) -> str:
    return period_text(span_of(fixed(order, slot)), parse_zone(order.zone))


def run_lines(connection: Connection, workspace_id: int, runs: list[ReportRun]) -> list[RunLine]:
    """Reports with what became of each of their deliveries."""
    named = {each.id: each for each in list_destinations(connection, workspace_id, ended=True)}
    sent: dict[int, list[DeliveryLine]] = {run.id: [] for run in runs}
    for each in list_deliveries(connection, [run.id for run in runs]):
        sent[each.run_id or 0].append(delivery_line(each, named))
    return [
        RunLine(
            run=run,
            name=report_id(run),
            period=period_text(run.period, parse_zone(order_of(run).zone)),
            sent=sent[run.id],
        )
        for run in runs
    ]


def delivery_line(each: Delivery, named: dict[int, Destination]) -> DeliveryLine:
    """One delivery in words."""
    to = named.get(each.destination_id or 0)
    state, colour = _STATES[each.state]
    if each.state == "waiting" and each.attempts:
        state, colour = "Trying again", "warning"
    told = "Notice of the failure to the owner"
    return DeliveryLine(
        delivery=each,
        to=each.recipient or (to.name if to else ""),
        kind=told if each.purpose == "failure" else KINDS[to.kind] if to else "",
        state=state,
        colour=colour,
        sha256=(each.sha256 or b"").hex(),
    )


def places(connection: Connection, workspace_id: int) -> list[Place]:
    """The destinations of a workspace."""
    return [place_of(each) for each in list_destinations(connection, workspace_id)]


def place_of(known: Destination) -> Place:
    """One of them, in words."""
    return Place(destination=known, kind=KINDS[known.kind], where=where_text(known))
