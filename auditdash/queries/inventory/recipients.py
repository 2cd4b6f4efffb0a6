"""To whom reports are sent by schedule: exports that happen by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.order import Ints
from auditdash.queries.inventory.chosen import chosen_by
from auditdash.queries.inventory.domains import find_inside_domains, is_outside
from auditdash.queries.inventory.rows import Mark, Rows, Wanted, derive, mark_at, read_rows
from auditdash.queries.inventory.stretches import Step, Stretches, Verb, find_stretches
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_VERBS: Final[dict[str, Verb]] = {
    "report_schedule_user_email_added": "begin",
    "report_schedule_channel_added": "begin",
    "report_schedule_user_email_removed": "end",
    "report_schedule_channel_removed": "end",
    "report_schedule_deleted": "clear",
    "report_activity_report_deleted": "clear",
}
UNKNOWN, INSIDE, OUTSIDE = -1, 0, 1
_MARKS: Final = {None: UNKNOWN, False: INSIDE, True: OUTSIDE}
_WANTED: Final = Wanted("recipients", frozenset(_VERBS), "schedule_id")


class Recipient(Struct, frozen=True, kw_only=True):
    """Somebody, or a channel, who gets a report by schedule. `outside`: an address whose domain is
    none of the workspace's; None where that cannot be told. `began` None: from before the first
    event; `ended` None: to this day."""

    kind: str
    name: str
    outside: bool | None
    report: str | None
    report_id: str | None
    began: Mark | None
    ended: Mark | None
    schedule_deleted: bool


class Recipients(Struct, frozen=True, kw_only=True):
    """Those outside and still there first, then those still there, then the rest; newest first.

    `inside` are the domains that count as the workspace's own.
    """

    all: Sequence[Recipient]
    now: int
    outside_now: int
    inside: frozenset[str]


def find_recipients(
    connection: Connection, query: Query, scope: Scope, clock: Clock, domains: frozenset[str]
) -> Recipients:
    """Those who were added by an event that the query asks for. Whether they are still there is
    told from all events in scope. `domains` are the own ones, where they are configured."""
    view = open_view(connection, scope)
    rows = read_rows(view, _WANTED)
    stretches = derive(view, "recipients", rows, _derive)
    inside = domains or find_inside_domains(view)
    outside = derive(view, ("outside", inside), rows, partial(_outside, inside))
    chosen = chosen_by(view, query, clock, _WANTED, rows, stretches)
    there, told = stretches.there[chosen], stretches.told[chosen]
    marks = outside[rows.codes["subject"][told]]
    order = np.lexsort((-rows.times[told], marks != OUTSIDE, ~there))

    def make(place: int) -> Recipient:
        return _recipient(view, rows, stretches, int(chosen[place]), int(marks[place]))

    return Recipients(
        all=Listed(order.tolist(), make),
        now=int(there.sum()),
        outside_now=int((there & (marks == OUTSIDE)).sum()),
        inside=inside,
    )


def _outside(inside: frozenset[str], view: View, rows: Rows) -> Ints:
    """Of each subject whether it is an address that has none of these domains; a channel is inside
    of wherever it is."""
    return np.array(
        [
            _MARKS[is_outside(name or identity or "", inside) if kind == "email" else None]
            for kind, identity, name in view.dictionaries["subject"].entries
        ],
        np.int64,
    )


def _derive(view: View, rows: Rows) -> Stretches:
    return find_stretches(_steps(view, rows))


def _steps(view: View, rows: Rows) -> Iterator[Step]:
    """A schedule that no id tells is another one than those that have one."""
    entries = view.dictionaries["action"].entries
    verbs = [_VERBS.get(entry[0] or "") for entry in entries]
    deleted = view.dictionaries["action"].find(("report_activity_report_deleted",))
    reports = groups_of(view, "report").of_code[rows.codes["entity"]].tolist()
    subjects = groups_of(view, "recipient").of_code[rows.codes["subject"]].tolist()
    columns = rows.codes["action"].tolist(), reports, subjects, rows.values.tolist()
    for action, report, subject, schedule in zip(*columns, strict=True):
        places = ((report,), (report, schedule))
        key = (report, subject, schedule)
        yield Step(verbs[action] or "end", key, places if action == deleted else places[::-1])


def _recipient(view: View, rows: Rows, stretches: Stretches, place: int, mark: int) -> Recipient:
    told = int(stretches.told[place])
    kind, identity, name = view.dictionaries["subject"].entries[int(rows.codes["subject"][told])]
    _, report_id, report = view.dictionaries["entity"].entries[int(rows.codes["entity"][told])]
    return Recipient(
        kind=kind or "email",
        name=name or identity or "",
        outside=None if mark == UNKNOWN else mark == OUTSIDE,
        report=report or report_id,
        report_id=report_id,
        began=mark_at(view, rows, int(stretches.began[place])),
        ended=mark_at(view, rows, int(stretches.ended[place])),
        schedule_deleted=bool(stretches.cleared[place]),
    )
