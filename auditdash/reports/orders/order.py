"""All that a report is asked for, in one value: what a form makes, a schedule keeps, a run answers.

It is kept as JSON beside the run or the schedule. Every field is written, so that another default
of a later version changes no report that was asked for before.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from auditdash.events.errors import BadInput
from auditdash.events.folding import storable
from auditdash.events.instants import Instant, parse_zone, shorten
from auditdash.events.periods import Period
from auditdash.reports.attached.sample import SIZE
from auditdash.reports.orders.kinds import find_kind
from auditdash.reports.orders.presets import RELATIVE, closed, preset_period
from auditdash.reports.sections.controls import DEFAULT_FRAMEWORKS, parse_frameworks
from auditdash.search.parse import parse
from auditdash.store.report_runs import ReportRun

Paper: TypeAlias = Literal["A4", "Letter"]
Span: TypeAlias = tuple[Instant, Instant]

PAPERS: Final[tuple[Paper, ...]] = get_args(Paper)
MOST_SAMPLED: Final = 500
LONGEST_TITLE: Final = 120
_NONCE: Final = re.compile(r"[!-9;-~]{0,64}")  # no colon: it parts the nonce from what follows


class Order(Struct, frozen=True, kw_only=True):
    """A report to be made, or with a relative period the reports of a schedule.

    `period` is a word of RELATIVE (told by the moment that it is asked at) or its start and end.
    `sections` are those to print. `title` stands above the kind on the cover. `sample` is how many
    events are drawn, by `nonce` or, where that is "", by one that follows from the rows.
    """

    kind: str
    period: str | Span
    zone: str
    query: str
    sections: tuple[str, ...]
    frameworks: tuple[str, ...] = DEFAULT_FRAMEWORKS
    paper: Paper = "A4"
    language: str = "en"
    title: str = ""
    sample: int = SIZE
    nonce: str = ""


def new_order(kind: str, *, period: str | Period, zone: str) -> Order:
    """What a kind of report is when nothing else is chosen; an unknown kind is BadInput."""
    found = find_kind(kind)
    return Order(
        kind=kind,
        period=period if isinstance(period, str) else closed(period),
        zone=zone,
        query=found.query,
        sections=found.sections,
    )


def check_order(order: Order) -> Order:
    """The order as it is kept, in the order of the kind; BadInput names what cannot be asked."""
    kind = find_kind(order.kind)
    parse_zone(order.zone)
    parse(order.query)
    unknown = set(order.sections) - set(kind.sections)
    if unknown:
        raise BadInput(
            f"this kind of report has no section {shorten(min(unknown))}",
            where="sections",
            expected=", ".join(kind.sections),
        )
    _check_words(order)
    wanted = {*order.sections, *kind.always}
    return replace(
        order,
        query=storable(order.query),
        sections=tuple(name for name in kind.sections if name in wanted),
        frameworks=parse_frameworks(order.frameworks),
        title=storable(order.title),
    )


def _check_words(order: Order) -> None:
    if isinstance(order.period, str) and order.period not in RELATIVE:
        raise BadInput("this period is not offered", where="period", expected=", ".join(RELATIVE))
    if order.paper not in PAPERS:
        raise BadInput("there is no such paper", where="paper", expected=" or ".join(PAPERS))
    if len(order.title) > LONGEST_TITLE:
        expected = f"at most {LONGEST_TITLE} characters"
        raise BadInput("the title is too long", where="title", expected=expected)
    if not 0 <= order.sample <= MOST_SAMPLED:
        expected = f"a whole number from 0 to {MOST_SAMPLED}"
        raise BadInput("this is no size of a sample", where="sample", expected=expected)
    if not _NONCE.fullmatch(order.nonce):
        expected = "at most 64 letters, digits or signs of ASCII without spaces and colons"
        raise BadInput("this is no nonce", where="nonce", expected=expected)


def fixed(order: Order, moment: Instant) -> Order:
    """The same order with the period that a relative one means at this moment."""
    if not isinstance(order.period, str):
        return order
    period = preset_period(order.period, moment, parse_zone(order.zone))
    return replace(order, period=closed(period))


def order_of(run: ReportRun) -> Order:
    """What a run was asked for."""
    return decode_order(run.order)


def span_of(order: Order) -> Period:
    """The period of an order that is fixed; empty or relative is BadInput."""
    if isinstance(order.period, str):
        raise BadInput(f"the period {shorten(order.period)} is not fixed", where="period")
    return Period(*closed(Period(*order.period)))


def encode_order(order: Order) -> str:
    """JSON for one column."""
    return msgspec.json.encode(order).decode()


def decode_order(text: str) -> Order:
    """What encode_order wrote, of this version or an earlier one; else BadInput."""
    try:
        return msgspec.json.decode(text, type=Order)
    except msgspec.DecodeError as error:
        raise BadInput(f"this order of a report cannot be read: {error}") from None
