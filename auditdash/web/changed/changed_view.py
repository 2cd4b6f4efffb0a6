"""What changed made ready for its page: every name with the search that shows its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from auditdash.charts import links
from auditdash.events.addresses import ip_key
from auditdash.events.instants import Instant
from auditdash.events.wording import day_text
from auditdash.queries.changed.compare import Compared, Kind, Named, during, narrowed
from auditdash.search.query import Node, Query
from auditdash.search.scope import Clock
from auditdash.web.changed.asked import Asked, Days
from auditdash.web.frame.question import link

_TIMELINE: Final = "/timeline"


class NameView(Struct, frozen=True, kw_only=True):
    """One name with the search that shows its events."""

    label: str
    note: str
    outside: bool
    count: int
    href: str


class ListView(Struct, frozen=True, kw_only=True):
    """New ones, or those that are gone: the first, and how many there are."""

    head: str
    names: Sequence[NameView]
    total: int


class KindView(Struct, frozen=True, kw_only=True):
    """One kind, with the address that shows more of it."""

    kind: Kind
    lists: tuple[ListView, ListView]
    all_href: str


def kind_view(compared: Compared, query: Query, asked: Asked, rows: int, whole: int) -> KindView:
    """The first rows of one kind; `whole` shows as many as can be shown."""
    kind = compared.kind
    lists = (
        _list_view(kind.new_head, compared.new, kind, query, rows),
        _list_view(kind.gone_head, compared.gone, kind, query, rows),
    )
    more = rows < whole and any(each.total > rows for each in lists)
    address = f"{asked.href(all=kind.name)}#{kind.name}" if more else ""
    return KindView(kind=kind, lists=lists, all_href=address)


def events_href(query: Query, *nodes: Node) -> str:
    """The timeline of what was asked and what the nodes narrow; "" if too long."""
    text = links.link(narrowed(query, *nodes))
    return link(_TIMELINE, text) if text else ""


def days_text(days: Days, clock: Clock) -> str:
    """`1 March 2026 to 31 March 2026`."""
    period = days.period(clock)
    ends = (Instant(period.start or 0), Instant((period.end or 1) - 1))
    first, last = (day_text(each, clock.zone) for each in ends)
    return first if first == last else f"{first} to {last}"


def _list_view(head: str, found: Sequence[Named], kind: Kind, query: Query, rows: int) -> ListView:
    names = [
        NameView(
            label=each.label,
            note=each.note,
            outside=bool(each.outside),
            count=each.count,
            href=_href(each, kind, query),
        )
        for each in found[:rows]
    ]
    return ListView(head=head, names=names, total=len(found))


def _href(named: Named, kind: Kind, query: Query) -> str:
    if kind.groups == "ip" and ip_key(named.label.partition("/")[0]) is None:
        return ""  # an address that is none: no query can ask for it
    return events_href(query, *named.nodes, during(named.period))
