"""The alternatives to what was asked: the values of a field, each with its number of events.

The counts of a facet leave out what the query says about that very field, so that the values
that were not chosen stay in sight. What was chosen stays in sight too, however rare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct, structs
from sqlalchemy import Connection

from auditdash.events.catalogue import action_label, category_label, category_of
from auditdash.events.folding import fold_case
from auditdash.index.view import View
from auditdash.queries.compile import choice_of
from auditdash.queries.counting.counts import Counts, count_codes, find_newest
from auditdash.queries.counting.groups import KEYS, MISSING, Groups, groups_of, rank
from auditdash.queries.sight.views import open_view
from auditdash.search.edit import atom_of, chosen, without_field
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

TOP: Final = 8
FACETS: Final = (
    "category",
    "action",
    "actor",
    "subject",
    "entity",
    "ip",
    "ua_family",
    "outcome",
    "source",
)
_ALL: Final = {"category"}  # every value that occurs is shown


class Choice(Struct, frozen=True, kw_only=True):
    """One value as a query names it, how it is said, and its events. `category` has a colour."""

    value: str
    label: str
    count: int
    category: str = ""


class Facet(Struct, frozen=True, kw_only=True):
    """The most frequent values first. `others` more values share `other_count` events; `missing`
    events have no value. The counts of all add up to the result without this field's terms."""

    field: str
    choices: tuple[Choice, ...]
    others: int = 0
    other_count: int = 0
    missing: int = 0


class Facets(Struct, frozen=True, kw_only=True):
    """All facets of a result, and its exact number of events."""

    total: int
    facets: tuple[Facet, ...]


def count_facets(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    top: int = TOP,
    fields: Sequence[str] = FACETS,
) -> Facets:
    """The facets of these fields, in their order."""
    view = open_view(connection, scope)
    rests = {field: without_field(query, field) for field in fields}
    whole = structs.replace(query, order="created-desc")
    wanted: dict[Query, set[str]] = {whole: {"action"}}
    for field, rest in rests.items():
        wanted.setdefault(rest, set()).add(KEYS[field][0])
    counts = {
        asked: count_codes(view, asked, clock, sorted(names)) for asked, names in wanted.items()
    }
    return Facets(
        total=int(counts[whole]["action"].sum()),
        facets=tuple(
            _facet(view, field, query, rest, clock, counts[rest][KEYS[field][0]], top)
            for field, rest in rests.items()
        ),
    )


def _facet(
    view: View, field: str, query: Query, rest: Query, clock: Clock, codes: Counts, top: int
) -> Facet:
    def choices_of(left: Counts) -> tuple[Choice, ...]:
        counts = groups.add(left)
        return tuple(
            _choice(
                field, _value(view, field, groups, group, rest, clock, left), int(counts[group])
            )
            for group in rank(groups, counts, len(counts) if field in _ALL else top)
        )

    groups = groups_of(view, field)
    choices = choices_of(codes)
    added, left = _named(view, field, query, codes, {fold_case(each.value) for each in choices})
    if any(each.count for each in added):
        # What a named value counts is not counted again in the group that it is a part of.
        choices = choices_of(left)
    counts = groups.add(left)
    missing = int(counts[MISSING])
    shown = sum(each.count for each in choices)
    return Facet(
        field=field,
        choices=(*choices, *added),
        others=int((counts > 0).sum()) - int(missing > 0) - len(choices),
        other_count=int(counts.sum()) - missing - shown,
        missing=missing,
    )


def _value(
    view: View, field: str, groups: Groups, group: int, rest: Query, clock: Clock, counts: Counts
) -> str:
    """A value of the group as the newest event writes it."""
    if field in {"category", "ip", "ua_family"}:
        return str(groups.keys[group])
    name = KEYS[field][0]
    codes = groups.occurring(group, counts)
    code = codes[0] if len(codes) == 1 else find_newest(view, rest, clock, name, codes)
    entry = view.dictionaries[name].entries[code]
    # An actor is (id, username), an entity (type, id, name): the name, or else the id.
    return next(text for text in reversed(entry) if text)


def _choice(field: str, value: str, count: int) -> Choice:
    match field:
        case "category":
            return Choice(value=value, label=category_label(value), count=count, category=value)
        case "action":
            label, category = action_label(value), category_of(value)
            return Choice(value=value, label=label, count=count, category=category)
    return Choice(value=value, label=value, count=count)


def _named(
    view: View, field: str, query: Query, codes: Counts, shown: set[str]
) -> tuple[tuple[Choice, ...], Counts]:
    """The values that the query names, in or out, and that are not shown: they stay in sight, too,
    however rare. And what is left to count without them."""
    left = codes.copy()
    found = []
    named = chosen(query, field) | chosen(query, field, excluded=True)
    for value in sorted(named - shown):
        asked = choice_of(field, [atom_of(field, value)], view).codes
        asked = asked[asked < len(left)]  # others have come since the counting
        found.append(_choice(field, value, int(left[asked].sum())))
        left[asked] = 0
    return _ranked(found), left


def _ranked(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(choices, key=lambda choice: (-choice.count, choice.value)))
