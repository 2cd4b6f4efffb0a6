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
from auditdash.queries.access.narrow import FIELDS
from auditdash.reports.attached.sample import SIZE
from auditdash.reports.orders.dates import languages
from auditdash.reports.orders.kinds import GRANTS, find_kind
from auditdash.reports.orders.presets import RELATIVE, closed, preset_period
from auditdash.reports.sections.controls import parse_frameworks
from auditdash.search.parse import parse
from auditdash.search.query import And, Node, Not, Or, Query, Term
from auditdash.store.report_runs import ReportRun

Paper: TypeAlias = Literal["A4", "Letter"]
Span: TypeAlias = tuple[Instant, Instant]

PAPERS: Final[tuple[Paper, ...]] = get_args(Paper)
MOST_SAMPLED: Final = 500
LONGEST_TITLE: Final = 120
MOST_ROWS: Final = (10, 10_000)  # from, to
_NONCE: Final = re.compile(r"[!-9;-~]{0,64}")  # no colon: it parts the nonce from what follows


class Order(Struct, frozen=True, kw_only=True):
    """A report to be made, or with a relative period the reports of a schedule.

    `period` is a word of RELATIVE (told by the moment that it is asked at) or its start and end.
    `sections` are those to print, `rows` is how many rows of a list. `title` stands on the cover
    instead of that of the kind. `logo` is the SHA-256 of an image, in hex, or "". `sample` is how
    many lines are drawn, by `nonce` or, where that is "", by one that follows from the rows.
    `before` is what the report is compared with, `before_report` the one that was about it; both
    are told when it is asked for.
    """

    kind: str
    period: str | Span
    zone: str
    query: str
    sections: tuple[str, ...]
    frameworks: tuple[str, ...] = ()
    paper: Paper = "A4"
    language: str = "en"
    title: str = ""
    logo: str = ""
    rows: int = 1_000
    sample: int = SIZE
    nonce: str = ""
    before: Span | None = None
    before_report: str = ""


def new_order(kind: str, *, period: str | Period, zone: str) -> Order:
    """What a kind of report is when nothing else is chosen; an unknown kind is BadInput."""
    found = find_kind(kind)
    return Order(
        kind=kind,
        period=period if isinstance(period, str) else closed(period),
        zone=zone,
        query=found.query,
        sections=found.usual,
        frameworks=found.frameworks,
    )


def check_order(order: Order) -> Order:
    """The order as it is kept, in the order of the kind; BadInput names what cannot be asked."""
    kind = find_kind(order.kind)
    parse_zone(order.zone)
    asked = parse(order.query)
    if kind.lines == GRANTS:
        _check_about_access(asked)
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


def _check_about_access(asked: Query) -> None:
    """Access has fewer fields than events."""
    open_nodes: list[Node | None] = [asked.node]
    while open_nodes:
        match open_nodes.pop():
            case And(nodes) | Or(nodes):
                open_nodes += nodes
            case Not(node):
                open_nodes.append(node)
            case Term(field) if field not in FIELDS:
                raise BadInput(
                    f"access has no {field}",
                    where="query",
                    expected=f"words, or {', '.join(FIELDS)}",
                )


def _check_words(order: Order) -> None:
    if isinstance(order.period, str) and order.period not in RELATIVE:
        raise BadInput("this period is not offered", where="period", expected=", ".join(RELATIVE))
    if order.paper not in PAPERS:
        raise BadInput("there is no such paper", where="paper", expected=" or ".join(PAPERS))
    if len(order.title) > LONGEST_TITLE:
        expected = f"at most {LONGEST_TITLE} characters"
        raise BadInput("the title is too long", where="title", expected=expected)
    if not MOST_ROWS[0] <= order.rows <= MOST_ROWS[1]:
        expected = f"a whole number from {MOST_ROWS[0]} to {MOST_ROWS[1]:,}"
        raise BadInput("so many rows cannot be printed", where="rows", expected=expected)
    if order.language not in languages():
        expected = ", ".join(languages())
        raise BadInput("there is no such language", where="language", expected=expected)
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
