"""What is said on the result page of the period before, and of what the report cannot tell."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from auditdash.events.periods import Period
from auditdash.queries.changed.compare import KINDS
from auditdash.reports.contents import Contents


class Since(Struct, frozen=True, kw_only=True):
    """What it is compared with, in words, and a line for each sort of thing that changed."""

    beside: str
    lines: tuple[tuple[str, str], ...]
    anchor: str


def since_of(contents: Contents) -> Since | None:
    """What changed since the period before; None where the report does not tell."""
    if not contents.of_events:
        return Since(
            beside="the day before its first",
            lines=tuple(_differences(contents)),
            anchor=contents.better("differences"),
        )
    if not contents.has("changes"):
        return None
    return Since(
        beside=_beside(contents),
        lines=tuple(_changes(contents)),
        anchor="changes",
    )


def uncovered_of(contents: Contents) -> tuple[str, ...]:
    """What this report is silent about, most important first."""
    return tuple(_uncovered(contents))


def _beside(contents: Contents) -> str:
    before = contents.order.before
    if before is None:
        return "everything before it"
    said = contents.dates.period_text(Period(*before), contents.question.clock.zone)
    report = contents.order.before_report
    return f"{said} ({report})" if report else said


def _changes(contents: Contents) -> Iterator[tuple[str, str]]:
    for kind in KINDS:
        heads = (kind.new_head.casefold(), kind.gone_head.casefold())
        counts = [(contents.changed.get((kind.name, head), 0), head) for head in heads]
        said = ", ".join(f"{count:,} {head}" for count, head in counts if count)
        if said:
            yield kind.title, said


def _differences(contents: Contents) -> Iterator[tuple[str, str]]:
    found = contents.differences
    words = (("gained", "given"), ("lost", "taken away"), ("changed", "with another role"))
    said = ", ".join(f"{found[kind]:,} {word}" for kind, word in words if found[kind])
    if said:
        yield "Access", said


def _uncovered(contents: Contents) -> Iterator[str]:
    if not contents.final:
        yield "The rest of the period: it was not over when this was made."
    for feed in contents.feeds:
        if feed.gap_count:
            missing = 100 - feed.percent
            yield f"What happened in the gaps of the feed ({missing:.1f} % of the period)."
    if not contents.feeds:
        yield "Events that no file brought: no feed is connected."
    if contents.order.query:
        yield "Events that the query leaves out; the query is on the IPE pages."
    yield "Logins, views of reports, queries that were run, uses of tokens: the log has none."
    left_out = [name for name in contents.kind.usual if not contents.has(name)]
    if left_out:
        yield "Sections that were switched off; the parameters name them."
