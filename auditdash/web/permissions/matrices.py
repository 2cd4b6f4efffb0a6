"""Two matrices as heat tables with numbers: who grants to whom, and role before by role after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from auditdash.charts.overview import having_kind
from auditdash.charts.scale import heat_level
from auditdash.queries.permission_answers.granting import Granting
from auditdash.queries.permission_answers.roles import Step
from auditdash.search.edit import atom_of
from auditdash.search.query import Atom, Node, Not, Present, Query, Term, query_of
from auditdash.web.frame.permissions_view import events_href
from auditdash.web.frame.question import link
from auditdash.web.permissions.directions import state_words
from auditdash.web.permissions.tabs import PATH

_MOST_STATES: Final = 14
_PERMISSION: Final = Term("is", (Atom("permission"),))
_FIRST_STATES: Final = ("none", "unknown", "unnamed")


class Cell(Struct, frozen=True):
    """A number, where its events are ("" where no address can say it), and its shade."""

    count: int
    href: str
    level: int


class Line(Struct, frozen=True, kw_only=True):
    """One row; `total` adds up its cells."""

    label: str
    is_rest: bool
    cells: tuple[Cell, ...]
    total: Cell


class Matrix(Struct, frozen=True, kw_only=True):
    """`heads` name the columns, `sums` add them up; the last of them is everything."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    sums: tuple[Cell, ...]

    @property
    def total(self) -> int:
        """All of it."""
        return self.sums[-1].count if self.sums else 0


def narrow_to_changes(query: Query) -> Query:
    """What was asked, of permission changes alone."""
    kept = query.parts if _PERMISSION in query.parts else (*query.parts, _PERMISSION)
    return query_of(kept, query.order)


def granting_matrix(found: Granting, query: Query) -> Matrix:
    """A row for each of those who granted most, a column for each of those who got most."""
    asked = having_kind(query, "granted")
    rows = [*_named("actor", found.actors), *_rest("actor", found.actors)]
    columns = [*_named("subject", found.subjects), *_rest("subject", found.subjects)]

    def href(row: int | None, column: int | None) -> str:
        parts = [terms[at] for terms, at in ((rows, row), (columns, column)) if at is not None]
        return events_href(query_of((*asked.parts, *parts), asked.order))

    return _matrix(
        found.counts,
        [*found.actors, _others(found.other_actors, bool(found.actors))],
        [*found.subjects, _others(found.other_subjects, bool(found.subjects))],
        href,
    )


def role_matrix(steps: Iterable[Step], query: Query, text: str) -> Matrix:
    """From what to what. A search knows what came after, so the sums of columns lead to it; what
    was before is derived, so a cell leads to the list of its changes."""
    counts: dict[tuple[str, str], int] = {(step.before, step.after): step.count for step in steps}
    before = _frequent(counts, 0)
    after = _frequent(counts, 1)
    numbers = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for (one, other), count in counts.items():
        row = before.index(one) if one in before else len(before)
        column = after.index(other) if other in after else len(after)
        numbers[row][column] += count

    def href(row: int | None, column: int | None) -> str:
        if row is None:
            return "" if column == len(after) else _after_href(query, after, column)
        if row == len(before) or column == len(after):
            return ""
        became = {} if column is None else {"became": after[column]}
        return link(PATH, text, before=before[row], **became)

    rows = [*map(state_words, before), "other roles"]
    return _matrix(numbers, rows, [*map(state_words, after), "other roles"], href)


def _after_href(query: Query, after: Sequence[str], column: int | None) -> str:
    ends = Term("op", (Atom("revoke"), Atom("remove")))
    if column is None:
        return events_href(query)
    state = after[column]
    parts: tuple[Node, ...] = (Not(ends), Not(Term("role", (Present(),))))
    if state == "none":
        parts = (ends,)
    elif state.startswith("role:"):
        parts = (Not(ends), Term("role", (atom_of("role", state.removeprefix("role:")),)))
    return events_href(query_of((*query.parts, *parts), query.order))


def _matrix(
    counts: Sequence[Sequence[int]],
    rows: Sequence[str],
    columns: Sequence[str],
    href: Callable[[int | None, int | None], str],
) -> Matrix:
    """With a last row and a last column for the rest, which are left out where they are empty."""
    kept_rows = [n for n, _ in enumerate(rows) if n < len(rows) - 1 or any(counts[n])]
    kept = [
        n for n, _ in enumerate(columns) if n < len(columns) - 1 or any(row[n] for row in counts)
    ]
    named = [row[:-1] for row in counts[:-1]]  # the rest would outshine them
    highest = max((count for row in named for count in row), default=0)

    def cell(count: int, row: int | None, column: int | None) -> Cell:
        shaded = row is not None and row < len(named) and column is not None
        level = heat_level(count, highest) if shaded and column != len(columns) - 1 else 0
        return Cell(count, href(row, column) if count else "", level)

    return Matrix(
        heads=tuple(columns[n] for n in kept),
        lines=tuple(
            Line(
                label=rows[n],
                is_rest=n == len(rows) - 1,
                cells=tuple(cell(counts[n][m], n, m) for m in kept),
                total=cell(sum(counts[n]), n, None),
            )
            for n in kept_rows
        ),
        sums=(
            *(cell(sum(row[m] for row in counts), None, m) for m in kept),
            cell(sum(map(sum, counts)), None, None),
        ),
    )


def _frequent(counts: Mapping[tuple[str, str], int], part: int) -> list[str]:
    """What occurs most: what is no role first, then the roles."""
    sums: dict[str, int] = {}
    for pair, count in counts.items():
        sums[pair[part]] = sums.get(pair[part], 0) + count
    found = sorted(sums, key=lambda state: (state not in _FIRST_STATES, -sums[state], state))
    return found[:_MOST_STATES]


def _named(field: str, names: Iterable[str]) -> list[Node]:
    return [Term(field, (atom_of(field, name),)) for name in names]


def _rest(field: str, names: Sequence[str]) -> list[Node]:
    """All others, and those that are not named."""
    if not names:
        return [Term("is", (Atom("permission"),))]
    return [Not(Term(field, tuple(atom_of(field, name) for name in names)))]


def _others(count: int, some: bool) -> str:
    if not some:
        return "not named"
    return f"{count:,} others" if count != 1 else "1 other"
