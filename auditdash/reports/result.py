"""The result on one page: the numbers that matter, and what deserves a look. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from auditdash.queries.data_exports import Exporter
from auditdash.reports.contents import Contents
from auditdash.reports.sections.exports import Exports


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
        Figure(label="Data exports", value=contents.exports.total),
        Figure(label="Permission changes", value=contents.permissions.counts.total),
        Figure(label="Sensitive events", value=contents.sensitive),
        Figure(label="Unmapped events", value=intake.unmapped_count),
        Figure(label="Rejected records", value=intake.rejected),
        Figure(label="Conflicting records", value=intake.conflicts),
    )


def checks_of(contents: Contents) -> tuple[Check, ...]:
    """What an auditor would ask first, answered."""
    return (
        *_export_checks(contents),
        _permission_check(contents),
        _exception_check(contents),
        *_feed_checks(contents),
        _intake_check(contents),
    )


def _export_checks(contents: Contents) -> tuple[Check, ...]:
    exports = contents.exports
    found = (
        ("Bursts of exports", len(exports.bursts), _bursts(exports)),
        ("First-ever exporters", len(exports.new_people), f"{_names(exports.new_people)}."),
        ("Exports at night", len(exports.night_people), _nights(exports)),
    )
    return tuple(
        Check(label=label, ok=not count, said=said, anchor="exports")
        for label, count, said in found
    )


def _bursts(exports: Exports) -> str:
    most = max(exports.bursts, key=lambda line: line.burst.count, default=None)
    if most is None:
        return "None."
    person = (most.person or "somebody unnamed")[:40]
    return f"{_count(len(exports.bursts), 'burst')}; the largest {most.burst.count:,} by {person}."


def _nights(exports: Exports) -> str:
    if not exports.nights:
        return "None."
    said = f"{exports.nights:,} between 22:00 and 06:00, {exports.night_zone}; "
    if not exports.night_people:
        return f"{said}all by people who usually work then."
    count = sum(person.nights for person in exports.night_people)
    return f"{said}{count:,} by people who usually work by day: {_names(exports.night_people)}."


def _names(people: Sequence[Exporter]) -> str:
    named = ", ".join((person.name or "somebody unnamed")[:40] for person in people[:3])
    rest = f" and {len(people) - 3:,} more" if len(people) > 3 else ""
    return f"{named}{rest}" or "None"


def _permission_check(contents: Contents) -> Check:
    own = contents.permissions.counts.self_made
    said = f"{_count(own, 'permission change')} made by a person to their own access."
    return Check(
        label="Own access changed", ok=not own, said=said if own else "None.", anchor="permissions"
    )


def _exception_check(contents: Contents) -> Check:
    found = contents.attached.exceptions
    met = sum(1 for part in found.parts if part.count)
    said = f"{_count(found.total, 'exception')} to explain, by {met:,} of {len(found.parts)} rules."
    return Check(label="Exceptions", ok=not found.total, said=said, anchor="exceptions")


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


def _count(count: int, noun: str, plural: str = "") -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
