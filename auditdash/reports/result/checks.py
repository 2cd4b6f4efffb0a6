"""The lights of a report: what an auditor would ask first, answered. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from auditdash.queries.data_exports import Exporter
from auditdash.reports.contents import Contents
from auditdash.reports.sections.exports import Exports

Light = Literal["clear", "look", "act"]
WORDS: Final[Mapping[Light, str]] = {"clear": "Clear", "look": "Look", "act": "Act"}
_ALMOST_ALL: Final = 99.0  # per cent of a feed


class Check(Struct, frozen=True, kw_only=True):
    """A question with its answer; `anchor` is the section that has the rows. The light is a word
    and a shape, never a colour alone."""

    label: str
    light: Light
    said: str
    anchor: str

    @property
    def ok(self) -> bool:
        """Whether there is nothing to look at."""
        return self.light == "clear"

    @property
    def word(self) -> str:
        """What the light says."""
        return WORDS[self.light]


def checks_of(contents: Contents) -> tuple[Check, ...]:
    """The lights of the kind."""
    return tuple(check for name in contents.kind.checks for check in _CHECKS[name](contents))


def _light(*, look: object = False, act: object = False) -> Light:
    return "act" if act else "look" if look else "clear"


def _burst_check(contents: Contents) -> Iterator[Check]:
    exports = contents.exports
    yield Check(
        label="Bursts of exports",
        light=_light(act=exports.bursts),
        said=_bursts(exports),
        anchor=contents.better("exports", "exceptions"),
    )


def _first_check(contents: Contents) -> Iterator[Check]:
    people = contents.exports.new_people
    yield Check(
        label="First-ever exporters",
        light=_light(look=people),
        said=f"{_names(people)}.",
        anchor=contents.better("exports", "exceptions"),
    )


def _night_check(contents: Contents) -> Iterator[Check]:
    yield Check(
        label="Exports at night",
        light=_light(look=contents.exports.night_people),
        said=_nights(contents.exports),
        anchor=contents.better("exports", "exceptions"),
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


def _permission_check(contents: Contents) -> Iterator[Check]:
    own = contents.permissions.counts.self_made
    highest = _ruled(contents, "own-highest")
    said = f"{_count(own, 'permission change')} made by a person to their own access."
    if highest:
        said += f" In {highest:,} of them they took the highest role."
    yield Check(
        label="Own access changed",
        light=_light(look=own, act=highest),
        said=said if own else "None.",
        anchor=contents.better("permissions", "exceptions"),
    )


def _exception_check(contents: Contents) -> Iterator[Check]:
    found = contents.attached.exceptions
    met = sum(1 for part in found.parts if part.count)
    said = f"{_count(found.total, 'exception')} to explain, by {met:,} of {len(found.parts)} rules."
    yield Check(
        label="Exceptions",
        light=_light(look=found.total),
        said=said,
        anchor=contents.better("exceptions"),
    )


def _feed_checks(contents: Contents) -> Iterator[Check]:
    anchor = contents.better("coverage")
    if not contents.feeds:
        said = "No feed is connected; whether the imported files are complete cannot be told."
        yield Check(label="Coverage of the feed", light="look", said=said, anchor=anchor)
    for feed in contents.feeds:
        yield Check(
            label="Coverage of the feed",
            light=_light(look=feed.gap_count, act=feed.percent < _ALMOST_ALL),
            said=f"{feed.percent:.1f} % of the period fetched, {_count(feed.gap_count, 'gap')}.",
            anchor=anchor,
        )


def _intake_check(contents: Contents) -> Iterator[Check]:
    intake = contents.intake
    said = (
        f"{_count(intake.unmapped_count, 'unmapped event')}, "
        f"{_count(intake.rejected, 'rejected record')}, "
        f"{_count(intake.conflicts, 'conflicting record')}."
    )
    yield Check(
        label="Intake",
        light=_light(look=intake.unmapped_count or intake.conflicts, act=intake.rejected),
        said=said,
        anchor=contents.better("intake"),
    )


def _token_check(contents: Contents) -> Iterator[Check]:
    tokens = contents.tokens
    said = f"{_count(tokens.now, 'token')} there"
    if tokens.lowered:
        said += f"; {tokens.lowered:,} of makers who lost a part of their role since"
    if tokens.away:
        said += f"; {tokens.away:,} of makers who did nothing for 90 days"
    yield Check(
        label="API tokens",
        light=_light(look=tokens.away, act=tokens.lowered),
        said=f"{said}.",
        anchor=contents.better("tokens", "exceptions"),
    )


def _recipient_check(contents: Contents) -> Iterator[Check]:
    found = contents.recipients
    said = (
        f"{_count(found.now, 'recipient')} of schedules there, {found.outside:,} of them outside."
    )
    yield Check(
        label="Reports sent by schedule",
        light=_light(act=found.outside),
        said=said,
        anchor=contents.better("recipients", "exceptions"),
    )


def _unseen_check(contents: Contents) -> Iterator[Check]:
    unseen = contents.grants.unseen
    said = f"Of {_count(unseen, 'grant')} nothing tells since when."
    yield Check(
        label="Access of before the log",
        light=_light(look=unseen),
        said=said if unseen else "None: each grant has an event or a baseline that tells of it.",
        anchor=contents.better("grants"),
    )


def _ruled(contents: Contents, rule: str) -> int:
    """How many exceptions a rule found."""
    parts = contents.attached.exceptions.parts
    return sum(part.count for part in parts if part.rule.name == rule)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun if count == 1 else noun + 's'}"


_CHECKS: Final[Mapping[str, Callable[[Contents], Iterator[Check]]]] = {
    "bursts": _burst_check,
    "first-exports": _first_check,
    "nights": _night_check,
    "own-access": _permission_check,
    "exceptions": _exception_check,
    "coverage": _feed_checks,
    "intake": _intake_check,
    "tokens": _token_check,
    "recipients": _recipient_check,
    "unseen": _unseen_check,
}
CHECKS: Final = tuple(_CHECKS)
