"""The alternatives to what was asked, as links that edit the text: include, exclude, let go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from auditdash.events.folding import fold_case
from auditdash.events.wording import printable
from auditdash.queries.facets import Facet
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.parse import LONGEST, parse
from auditdash.search.query import Not, Present, Query, Term
from auditdash.web.frame.question import link_pieces, quoted

# Field → its title, and how an event is called that has no value of it.
_TITLES: Final = {
    "category": ("Category", "no category"),
    "action": ("Action", "no action"),
    "actor": ("Actor", "no actor"),
    "subject": ("Subject", "no subject"),
    "entity": ("Entity", "no entity"),
    "ip": ("Network", "no address"),
    "ua_family": ("User agent", "no user agent"),
    "outcome": ("Outcome", "no outcome"),
    "source": ("Source", "no source"),
}
_OPEN: Final = frozenset({"category", "action", "actor"})
_STRICT: Final = frozenset({"ip", "outcome"})  # fields that do not take every value


class ChoiceView(Struct, frozen=True, kw_only=True):
    """One value of a facet: `href` chooses it, or lets it go when `state` is in or out.

    Both addresses are "" where no query can say so. `share` is its part of the largest count of
    a value, in percent.
    """

    label: str
    count: int
    category: str
    state: str
    href: str
    exclude: str
    share: int = 0


class FacetView(Struct, frozen=True, kw_only=True):
    """One facet; `clear` lets go of all its values, "" when none is chosen. `others` more values
    share `other_count` events."""

    title: str
    choices: tuple[ChoiceView, ...]
    others: int
    other_count: int
    clear: str
    field: str = ""
    is_open: bool = True


def facet_views(
    facets: Sequence[Facet], path: str, text: str, query: Query, **more: int
) -> tuple[FacetView, ...]:
    """The facets that have anything to choose, in their order; `more` stands in each address."""
    views = (_facet_view(facet, text, query, _Addresses(path, more)) for facet in facets)
    return tuple(view for view in views if view.choices)


class _Addresses:
    """Addresses of texts; "" of one that is longer than a query may be."""

    def __init__(self, path: str, more: dict[str, int]) -> None:
        self._before, self._after = link_pieces(path, **more)

    def of(self, *pieces: str) -> str:
        """The address of the text that these make; the pieces that come again are written once."""
        if sum(map(len, pieces)) > LONGEST:
            return ""
        return f"{self._before}{''.join(map(_quoted, pieces))}{self._after}"


_quoted = lru_cache(maxsize=4096)(quoted)


def _facet_view(facet: Facet, text: str, query: Query, address: _Addresses) -> FacetView:
    field = facet.field
    states = dict.fromkeys(edit.chosen(query, field), "in")
    states |= dict.fromkeys(edit.chosen(query, field, excluded=True), "out")
    missing = _missing_state(query, field)
    counts = [choice.count for choice in facet.choices]
    highest = max(counts, default=0) or facet.missing
    include, exclude = edit.adder(text, field), edit.adder(text, field, excluded=True)
    choices = []
    for choice in facet.choices:
        state = states.get(fold_case(choice.value), "")
        href = out = ""
        if state:
            href = address.of(edit.without(text, field, choice.value))
            out = address.of(edit.exclude(text, field, choice.value))
        elif field not in _STRICT or _can_be_asked(edit.include("", field, choice.value)):
            href, out = (address.of(*written(choice.value)) for written in (include, exclude))
        choices.append(
            ChoiceView(
                label=printable(choice.label),
                count=choice.count,
                category=choice.category,
                state=state,
                href=href,
                exclude=out,
                share=_share(choice.count, highest),
            )
        )
    if facet.missing or missing:
        choices.append(_missing(facet, text, missing, highest, address))
    return FacetView(
        title=_TITLES[field][0],
        choices=tuple(choices),
        others=facet.others,
        other_count=facet.other_count,
        clear=address.of(edit.without(text, field)) if states or missing else "",
        field=field,
        is_open=field in _OPEN or bool(states or missing),
    )


@lru_cache(maxsize=4096)
def _can_be_asked(text: str) -> bool:
    """Not everything that stands in an event can: an address that is none is found by no query."""
    try:
        parse(text)
    except QueryError:
        return False
    return True


def _share(count: int, highest: int) -> int:
    """Of something at least one, so that it can be seen; what is missing may be more than all."""
    return min(max(round(100 * count / highest), 1), 100) if count else 0


def _missing_state(query: Query, field: str) -> str:
    there = Term(field, (Present(),))
    if Not(there) in query.parts:
        return "in"
    return "out" if there in query.parts else ""


def _missing(facet: Facet, text: str, state: str, highest: int, address: _Addresses) -> ChoiceView:
    field = facet.field
    change = edit.without(text, field) if state else edit.include(text, field, None)
    return ChoiceView(
        label=_TITLES[field][1],
        count=facet.missing,
        category="",
        state=state,
        href=address.of(change),
        exclude=address.of(edit.exclude(text, field, None)),
        share=_share(facet.missing, highest),
    )
