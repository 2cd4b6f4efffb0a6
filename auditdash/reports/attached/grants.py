"""The lines of an access review: each is one grant as it stood at the end of the period."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from auditdash.downloads.access_rows import doubt_of, grants_table, role_text
from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.queries.access import paths as ways
from auditdash.queries.access.narrow import narrow
from auditdash.queries.access.rows import Sight, Way, iterate_ways, open_sight, sort_ways
from auditdash.reports.attached.files import POPULATION
from auditdash.reports.attached.sample import Drawn, SampleRow, find_rows, redraw_rows
from auditdash.reports.exceptions.gather import ExceptionRow, Met
from auditdash.reports.exceptions.rules import Finder, Rule
from auditdash.reports.source import Source

EXCEPTIONS: Final = (
    *("rule", "title", "note", "line", "given_seq", "since", "given_by"),
    *("subject_kind", "subject", "object_kind", "object", "role", "reason"),
)
_GRANT: Final = "grant"


def moment_of(source: Source) -> Instant:
    """The last moment of the period, or of what of it was over when the report was asked for."""
    return Instant(source.question.elapsed_end - 1)


def iterate_lines(source: Source) -> Iterator[bytes]:
    """population.csv, by whom it is of."""
    return grants_table(iterate_grants(source)).csv()


def iterate_grants(source: Source) -> Iterator[Way]:
    """Everything that was given and stood at the moment, as it was given; by whose it is."""
    sight = open_sight(source.connection, source.question.scope)
    return iterate_ways(sight, _paths(source, sight))


def iterate_numbers(source: Source) -> Iterable[int]:
    """Lines are numbered from 1."""
    sight = open_sight(source.connection, source.question.scope)
    return range(1, len(_paths(source, sight)) + 1)


def draw_sample(
    source: Source, drawn: Sequence[Drawn]
) -> tuple[Iterator[bytes], tuple[SampleRow, ...]]:
    """The lines that were drawn, read back from population.csv."""
    with (source.work / POPULATION).open(encoding="utf-8", newline="") as file:
        header, cells = find_rows(file, {each.seq for each in drawn})
    wanted = {each.seq for each in drawn}
    numbered = enumerate(iterate_grants(source), 1)
    grants = {number: way for number, way in numbered if number in wanted}
    rows = tuple(_sample_row(each, grants[each.seq]) for each in drawn)
    return redraw_rows(header, drawn, cells), rows


def finder(source: Source) -> Callable[[Rule], Iterable[Met]]:
    """What finds the lines of a rule."""

    def find(rule: Rule) -> Iterator[Met]:
        meets = _FINDERS[rule.finder]
        for number, way in enumerate(iterate_grants(source), 1):
            if meets(way):
                yield _met(number, way)

    return find


def _paths(source: Source, sight: Sight) -> ways.Paths:
    question = source.question
    found = ways.find_all(sight.picture, moment_of(source))
    kept = narrow(question.asked, sight.view, sight.picture, question.clock, found)
    return sort_ways(sight, kept, "subject")


def _met(number: int, way: Way) -> Met:
    given = way.given if way.given and not way.given.line else None
    role = role_text(way.role, way.object)
    subject, thing = way.subject.name or way.subject.id, way.object.name or way.object.id
    by = given.actor if given else None
    return Met(
        row=ExceptionRow(
            seq=number,
            id=f"event {given.seq:,}" if given else "",
            at=way.since,
            actor=by,
            subject=subject,
            entity=thing,
            label=role,
            role=None,
            note=doubt_of(way),
        ),
        action=_GRANT,
        cells=(
            number,
            given.seq if given else None,
            None if way.since is None else to_rfc3339(way.since),
            by,
            way.subject.kind,
            subject,
            way.object.kind,
            thing,
            role,
        ),
    )


def _sample_row(drawn: Drawn, way: Way) -> SampleRow:
    given = way.given if way.given and not way.given.line else None
    return SampleRow(
        drawn=drawn,
        id=f"event {given.seq:,}" if given else "",
        at=way.since,
        actor=way.subject.name or way.subject.id,
        entity=way.object.name or way.object.id,
        label=role_text(way.role, way.object),
    )


def _is_own(way: Way) -> bool:
    by = way.given.actor if way.given else None
    names = {fold_case(name) for name in (way.subject.name, way.subject.id) if name}
    return by is not None and way.subject.kind == "member" and fold_case(by) in names


_FINDERS: Final[Mapping[Finder, Callable[[Way], bool]]] = {
    "own-grants": _is_own,
    "for-everyone": lambda way: way.subject.kind == "everyone",
    "doubtful": lambda way: way.doubtful,
    "unseen": lambda way: way.since is None and not way.doubtful,
}
