"""What a report was asked for, each with what it would be if nobody had chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from auditdash.events.instants import to_rfc3339
from auditdash.reports.orders.dates import languages
from auditdash.reports.orders.order import Order, new_order
from auditdash.reports.orders.presets import RELATIVE
from auditdash.reports.orders.sections import sections
from auditdash.reports.sections.controls import names_of
from auditdash.reports.source import Source

_TOLD: Final = "those of the members’ addresses"
_NONE: Final = "none"
_USUAL: Final = "those of the kind"


class Parameter(Struct, frozen=True, kw_only=True):
    """One choice: what it is called, what was chosen, and the default in words."""

    name: str
    value: str
    default: str


def parameters_of(source: Source) -> tuple[Parameter, ...]:
    """All parameters of a run, also those that cannot be chosen."""
    order = source.order
    usual = new_order(order.kind, period=source.question.period, zone=source.workspace.zone)
    told = (*_questions(source, usual), *_choices(order, usual))
    return tuple(
        Parameter(name=name, value=value, default=default) for name, value, default in told
    )


def _questions(source: Source, usual: Order) -> Iterator[tuple[str, str, str]]:
    """What decides which lines it has."""
    order, question = source.order, source.question
    start, end = (to_rfc3339(each) for each in (question.start, question.end))
    yield "Kind", source.kind.title, "chosen"
    yield "Period", f"{start} until before {end}", RELATIVE[source.kind.period].lower()
    yield "Query", order.query or "none: everything", usual.query or "none: everything"
    if source.kind.within:
        yield "Of every report of this kind", source.kind.within, source.kind.within
    yield "Days counted in", order.zone, usual.zone
    highest = str(question.scope.highest_seq)
    yield "Highest event number", highest, "the newest when asked for"
    yield "Own domains", ", ".join(sorted(source.domains)) or _TOLD, _TOLD
    if order.before:
        first, last = (to_rfc3339(each) for each in order.before)
        beside = f"{first} until before {last}"
        yield "Compared with", beside, "the report before it, else as long a period"
        yield "Report about that", order.before_report or _NONE, "the newest of the same question"


def _choices(order: Order, usual: Order) -> Iterator[tuple[str, str, str]]:
    """What decides how they are shown."""
    names = languages()
    yield "Sections", _choice(order.sections, usual.sections), _USUAL
    yield "Control frameworks", names_of(order.frameworks), names_of(usual.frameworks)
    yield "Lines in the sample", str(order.sample), str(usual.sample)
    yield "Nonce of the sample", order.nonce or "follows from the rows", "follows from the rows"
    yield "Rows printed of a list", f"at most {order.rows:,}", f"at most {usual.rows:,}"
    yield "Rows attached", "all", "all: no limit can be set"
    yield "Paper", order.paper, usual.paper
    yield "Language of dates", names[order.language].name, names[usual.language].name
    yield "Title", order.title or "that of the kind", "that of the kind"
    logo = f"image with the SHA-256 {order.logo}" if order.logo else _NONE
    yield "Logo", logo, _NONE


def _choice(chosen: Iterable[str], usual: Iterable[str]) -> str:
    """What is there and usually is not, and what is not there and usually is."""
    more, less = set(chosen) - set(usual), set(usual) - set(chosen)
    parts = (("with", more, chosen), ("without", less, usual))
    said = [
        f"{word} {_titles(each for each in order if each in names)}"
        for word, names, order in parts
        if names
    ]
    return "; ".join(said) or _USUAL


def _titles(names: Iterable[str]) -> str:
    known = sections()
    return ", ".join(known[name].title if name in known else name for name in names)
