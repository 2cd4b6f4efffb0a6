"""What data was taken out: by whom, of which report, how, at night, for the first time ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.catalogue import action_label
from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant
from auditdash.queries.data_exports import (
    Burst,
    Exported,
    Exporter,
    export_actions,
    iterate_night_exports,
    summarise_exports,
)
from auditdash.reports.question import Question


class KindLine(Struct, frozen=True, kw_only=True):
    """One way of exporting and how often it was used."""

    name: str
    label: str
    count: int


class BurstLine(Struct, frozen=True, kw_only=True):
    """Exports without a pause, far more of them than the person usually makes in a day."""

    person: str | None
    burst: Burst


class NightRow(Struct, frozen=True, kw_only=True):
    """One export at night, as it is printed; `unlike` of somebody who else works by day."""

    seq: int
    at: Instant
    actor: str | None
    address: str | None
    entity: str | None
    label: str
    unlike: bool


class Exports(Struct, frozen=True, kw_only=True):
    """All exports counted; people and reports are the first of `people_count`, `reports_count`.

    `night_people` exported at night although they work by day. They, `new_people` and `bursts` are
    all; of each `limit` are printed.
    """

    limit: int
    total: int
    nights: int
    night_zone: str
    kinds: tuple[KindLine, ...]
    people: tuple[Exporter, ...]
    people_count: int
    reports: tuple[Exported, ...]
    reports_count: int
    new_people: tuple[Exporter, ...]
    night_people: tuple[Exporter, ...]
    bursts: tuple[BurstLine, ...]
    night_rows: tuple[NightRow, ...]


def gather_exports(
    connection: Connection, question: Question, zone: ZoneInfo, limit: int
) -> Exports:
    """Count all exports of the question and list the first `limit` of each; `zone` has nights."""
    asked = (connection, question.query, question.scope, question.clock)
    found = summarise_exports(*asked, zone)
    night_people = tuple(found.awake)
    return Exports(
        limit=limit,
        total=found.total,
        nights=found.nights,
        night_zone=zone.key,
        kinds=tuple(
            KindLine(name=name, label=action_label(name), count=found.by_action.get(name, 0))
            for name in export_actions()
        ),
        people=tuple(found.people[:limit]),
        people_count=len(found.people),
        reports=tuple(found.reports[:limit]),
        reports_count=len(found.reports),
        new_people=tuple(found.new),
        night_people=night_people,
        bursts=tuple(
            BurstLine(person=person.name, burst=burst)
            for person in found.bursting
            for burst in person.bursts
        ),
        night_rows=tuple(islice(_nights(connection, question, zone, night_people), limit)),
    )


def _nights(
    connection: Connection, question: Question, zone: ZoneInfo, unlike: Sequence[Exporter]
) -> Iterator[NightRow]:
    keys = {person.key for person in unlike}
    asked = (connection, question.query, question.scope, question.clock)
    for event in iterate_night_exports(*asked, zone):
        actor = event.actor.username or event.actor.id
        yield NightRow(
            seq=event.seq,
            at=event.occurred_at,
            actor=actor,
            address=event.actor.ip,
            entity=event.entity.name or event.entity.id,
            label=action_label(event.action),
            unlike=fold_case(actor or "") in keys,
        )
