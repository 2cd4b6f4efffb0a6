"""The result on one page: the numbers that matter, and what deserves a look. Pure."""

from __future__ import annotations

from msgspec import Struct

from auditdash.reports.contents import Contents


class Figure(Struct, frozen=True, kw_only=True):
    """A number with its label, and what it counts."""

    label: str
    value: int
    said: str = ""


class Check(Struct, frozen=True, kw_only=True):
    """A question with its answer; `anchor` is the section that has the rows."""

    label: str
    ok: bool
    said: str
    anchor: str


def figures_of(contents: Contents) -> tuple[Figure, ...]:
    """The numbers at the head of the report; all can be counted in population.csv or on paper."""
    intake = contents.intake
    return (
        Figure(label="Events", value=contents.population.count),
        Figure(label="People who acted", value=contents.population.actors),
        Figure(label="Sensitive events", value=contents.sensitive),
        Figure(label="Unmapped events", value=intake.unmapped_count),
        Figure(label="Rejected records", value=intake.rejected),
        Figure(label="Conflicting records", value=intake.conflicts),
    )


def checks_of(contents: Contents) -> tuple[Check, ...]:
    """What an auditor would ask first, answered."""
    return (*_feed_checks(contents), _intake_check(contents))


def _feed_checks(contents: Contents) -> tuple[Check, ...]:
    if not contents.feeds:
        said = "No feed is connected; whether the imported files are complete cannot be told."
        return (Check(label="Coverage of the feed", ok=False, said=said, anchor="coverage"),)
    return tuple(
        Check(
            label="Coverage of the feed",
            ok=not feed.gap_count,
            said=f"{feed.percent:.1f} % of the period fetched, {_count(feed.gap_count, 'gap')}.",
            anchor="coverage",
        )
        for feed in contents.feeds
    )


def _intake_check(contents: Contents) -> Check:
    intake = contents.intake
    said = (
        f"{_count(intake.unmapped_count, 'unmapped event')}, "
        f"{_count(intake.rejected, 'rejected record')}, "
        f"{_count(intake.conflicts, 'conflicting record')}."
    )
    clear = not (intake.unmapped_count or intake.rejected or intake.conflicts)
    return Check(label="Intake", ok=clear, said=said, anchor="intake")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
