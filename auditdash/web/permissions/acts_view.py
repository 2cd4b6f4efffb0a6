"""Acts of permission changes made ready for their template: by the day, each with its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.charts import links
from auditdash.charts.overview import WEEKDAYS
from auditdash.events.instants import Instant
from auditdash.events.periods import Period, local_date
from auditdash.events.wording import day_text, zone_text
from auditdash.queries.permission_answers.acts import Act
from auditdash.queries.timeline import Cursor
from auditdash.search.query import Query
from auditdash.search.scope import Clock
from auditdash.web.frame.permissions_view import ChangeView, change_view, events_href

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND
_PLURALS: Final = {
    "member": ("person", "people"),
    "group": ("group", "groups"),
    "connection": ("connection", "connections"),
    "collection": ("collection", "collections"),
}


class ActView(Struct, frozen=True, kw_only=True):
    """One line: a change, or several that belong together. `head` is the first of the changes in
    the order of the list; `href` shows the events of all, also of those that are not listed."""

    head: ChangeView
    changes: tuple[ChangeView, ...]
    count: int
    others: int
    lasted: str
    href: str
    kinds: tuple[tuple[str, str, int], ...]
    directions: tuple[tuple[str, int], ...]
    whose: str
    target: str
    own: bool


class ActDay(Struct, frozen=True, kw_only=True):
    """Acts of one local day; `continued` when its head stands on the page before."""

    weekday: str
    text: str
    zone: str
    continued: bool
    acts: tuple[ActView, ...]


_KIND_LABELS: Final = {"granted": "granted", "revoked": "revoked", "changed": "changed"}


def act_days(
    acts: Sequence[Act], query: Query, clock: Clock, unknown: str, after: Cursor | None
) -> tuple[ActDay, ...]:
    """Acts, in their order, by the local day; `after` is where the page before ended."""
    zone: ZoneInfo = clock.zone
    before = local_date(after.occurred_at, zone) if after else None
    days = []
    for day, group in groupby(acts, lambda each: local_date(_head_at(each), zone)):
        members = tuple(group)
        first = _head_at(members[0])
        days.append(
            ActDay(
                weekday=WEEKDAYS[day.weekday()],
                text=day_text(first, zone),
                zone=zone_text(first, zone),
                continued=day == before,
                acts=tuple(act_view(each, query, clock, unknown) for each in members),
            )
        )
    return tuple(days)


def act_view(act: Act, query: Query, clock: Clock, unknown: str) -> ActView:
    """The line of one act; `unknown` is said of a role that nothing recorded tells."""
    changes = tuple(change_view(each, unknown) for each in act.changes)
    head = changes[0]
    partly = act.count > len(changes)
    return ActView(
        head=head,
        changes=changes,
        count=act.count,
        others=act.of - act.count,
        lasted=lasted_text(act.last_at - act.first_at),
        href=_events_href(act, query, clock) if act.count > 1 else "",
        kinds=tuple((kind, _KIND_LABELS[kind], count) for kind, count in act.kinds.items()),
        directions=tuple(act.directions.items()),
        whose=_together(changes, lambda each: (each.subject_type, each.subject), partly=partly),
        target=_together(changes, lambda each: (each.noun, each.target), partly=partly),
        own=any(each.self_made for each in changes),
    )


_UNITS: Final = (("day", 1440 * _MINUTE), ("hour", 60 * _MINUTE), ("minute", _MINUTE))


def said_longer(span: int) -> int:
    """For how many microseconds more `lasted_text` says the same."""
    length = next((length for _, length in _UNITS if span >= length), 0)
    return length - 1 - span % length if length else -span % _SECOND


def lasted_text(span: int) -> str:
    """How long something took, in the largest unit that fits; "" for no time."""
    for unit, length in _UNITS:
        if span >= length:
            number = span // length
            return f"{number:,} {unit}{'' if number == 1 else 's'}"
    seconds = -(-span // _SECOND)
    return f"{seconds} second{'' if seconds == 1 else 's'}" if seconds else ""


def _head_at(act: Act) -> Instant:
    return act.changes[0].event.occurred_at


def _events_href(act: Act, query: Query, clock: Clock) -> str:
    """All changes of the actor in the time of the act are changes of the act."""
    period = Period(act.first_at, Instant(act.last_at + 1))
    actor = act.changes[0].event.actor
    narrow = links.having(links.within(query, period, clock), actor=actor.username or actor.id)
    return events_href(narrow)


def _together(
    changes: Iterable[ChangeView],
    name_of: Callable[[ChangeView], tuple[str, str | None]],
    *,
    partly: bool,
) -> str:
    """How many there are of each kind, where there are several; "" where all name one."""
    names = {name_of(each) for each in changes}
    if len(names) == 1 and not partly:
        return ""
    counts: dict[str, int] = {}
    for kind, name in names:
        if name is not None:
            counts[kind] = counts.get(kind, 0) + 1
    said = [
        f"{count} {_PLURALS.get(kind, ('other', 'others'))[count != 1]}"
        for kind, count in counts.items()
    ]
    return ", ".join([*said, *(["and more"] if partly else [])])
