"""What may be written at the caret, and the text after one of it was chosen.

The parser refuses what is not finished; this reads as far as the caret and is never in its way.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from msgspec import Struct

from auditdash.search.edit import atom_of
from auditdash.search.fields import CONTEXT, find_field
from auditdash.search.help.offers import Suggestion, fields_for, operators_for, values_for
from auditdash.search.parse import FIELD, PHRASE, VALUE, WORD, unescape
from auditdash.search.print import print_field, print_value
from auditdash.search.scope import Clock

PlaceKind: TypeAlias = Literal["term", "value", "nothing"]

_OPERATOR = re.compile(r"(?:>=|<=|>|<|[^\s()\",]*?\.\.)")
_OPEN_PATH = re.compile(r'context\."((?:\\["\\]|[^"])*)', re.IGNORECASE)
_COMPLETE = re.compile(r"(?<!\bOR)(?<!\bAND)(?<!\bNOT)(?<![\s(-])\s+$")
_GAP = re.compile(r"[\s()]*")


class Place(Struct, frozen=True, kw_only=True):
    """What may stand at the caret: a `term` (field, word, operator between terms, saved search), a
    `value` of `field`, or nothing that we could know.

    A choice replaces the characters from `start` until before `end`; `prefix` is what is written
    there up to the caret, escapes undone.
    """

    kind: PlaceKind
    start: int
    end: int
    prefix: str = ""
    field: str = ""
    open_quote: bool = False
    operator: str = ""  # of a date: `>=` or `..`, which stands before `start` and stays
    negated: bool = False  # a term with a `-` right before it
    joins: bool = False  # a term behind another, so that OR may come between them
    alone: bool = False  # nothing else stands in the text, so a saved search may replace it

    @property
    def takes_operator(self) -> bool:
        """Whether a value has yet to begin, so that an operator may come before it."""
        bare = not self.prefix and not self.open_quote and not self.operator
        return bare and self.kind == "value"


class Edited(Struct, frozen=True):
    """A text and the place of the caret in it, counted in characters from 0."""

    text: str
    caret: int


def where(text: str, caret: int) -> Place:
    """The place at the caret (0 to the length of the text; beyond is the end)."""
    caret = min(max(caret, 0), len(text))
    at = 0
    while True:
        gap = _GAP.match(text, at)
        start = min(gap.end() if gap else at, caret)
        negated = text.startswith("-", start) and start < caret
        while text.startswith("-", start) and start < caret:
            start += 1
        found = _term_at(text, start, caret)
        if isinstance(found, Place):
            return _with_surroundings(found, text, negated=negated)
        at = found


def _with_surroundings(place: Place, text: str, *, negated: bool) -> Place:
    if place.kind != "term":
        return place
    before, behind = text[: place.start], text[place.end :]
    return Place(
        kind="term",
        start=place.start,
        end=place.end,
        prefix=place.prefix,
        negated=negated,
        joins=not negated and _COMPLETE.search(before) is not None,
        alone=not (before + behind).strip(),
    )


def _term_at(text: str, start: int, caret: int) -> Place | int:
    """The place, when the caret stands in the term or at its end; else the end of the term."""
    name = FIELD.match(text, start)
    if name and name.end() <= caret:
        return _values_at(text, name, caret)
    if name:
        return _named(name, caret)
    if path := _OPEN_PATH.match(text, start, caret):
        return Place(kind="term", start=start, end=caret, prefix=CONTEXT + unescape(path[1]))
    if text.startswith('"', start) and start < caret:
        phrase = PHRASE.match(text, start)
        closed = phrase is not None and phrase.end() <= caret
        # A phrase may be any text; right behind it nothing can come but a space.
        if phrase and closed and phrase.end() < caret:
            return phrase.end()
        return Place(kind="nothing", start=caret, end=caret)
    word = WORD.match(text, start)
    end = word.end() if word else start
    if end < caret:
        return end
    return Place(kind="term", start=start, end=end, prefix=text[start:caret])


def _named(name: re.Match[str], caret: int) -> Place:
    """The caret stands in the name of a field; what is chosen replaces it with its colon."""
    written = name.string[name.start() : caret]
    return Place(kind="term", start=name.start(), end=name.end(), prefix=written)


def _values_at(text: str, name: re.Match[str], caret: int) -> Place | int:
    written = CONTEXT + unescape(name[2]) if name[1] else name[3]
    field = find_field(written)
    at = name.end()
    while True:
        end = _value_end(text, at, caret)
        if caret <= end:
            if field is None:
                return Place(kind="nothing", start=caret, end=caret)
            return _value_place(text, at, end, caret, field.name, dated=field.kind == "date")
        if not text.startswith(",", end):
            return end
        at = end + 1


def _value_end(text: str, start: int, caret: int) -> int:
    """Where a value ends. A quote that the caret stands in may not be closed yet: it then pairs
    with the first one of a later phrase, behind which no term ends."""
    if text.startswith('"', start):
        phrase = PHRASE.match(text, start)
        if phrase is None:
            return len(text) if caret > start else start
        behind = text[phrase.end() : phrase.end() + 1]
        closed = not behind or behind.isspace() or behind in "),"
        return phrase.end() if closed else max(caret, start)
    value = VALUE.match(text, start)
    return value.end() if value else start


def _value_place(text: str, start: int, end: int, caret: int, field: str, *, dated: bool) -> Place:
    if text.startswith('"', start) and start < caret:
        return _quoted_place(text, start, end, caret, field)
    operator = _OPERATOR.match(text, start, caret) if dated else None
    if operator:
        sign = ".." if operator[0].endswith("..") else operator[0]
        begin = operator.end()
        return Place(
            kind="value", start=begin, end=end, prefix=text[begin:caret], field=field, operator=sign
        )
    return Place(kind="value", start=start, end=end, prefix=text[start:caret], field=field)


def _quoted_place(text: str, start: int, end: int, caret: int, field: str) -> Place:
    phrase = PHRASE.fullmatch(text, start, end)
    closed = phrase is not None and caret == end
    inside = text[start + 1 : caret - 1 if closed else caret]
    return Place(
        kind="value",
        start=start,
        end=end if phrase else caret,
        prefix=unescape(inside),
        field=field,
        open_quote=not closed,
    )


def suggestions(place: Place, clock: Clock) -> tuple[Suggestion, ...]:
    """All that is known here without looking at events, the likeliest first."""
    match place.kind:
        case "term":
            joiners = operators_for("", place.prefix) if place.joins else ()
            return fields_for(place.prefix) + joiners
        case "value":
            operators = operators_for(place.field) if place.takes_operator else ()
            values = values_for(place.field, place.prefix, clock, place.operator)
            return values + operators
    return ()


def apply(text: str, place: Place, choice: Suggestion) -> Edited:
    """The text with the choice written at its place, and the caret where one goes on writing."""
    if choice.kind == "search":
        return Edited(choice.text, len(choice.text))
    written = _written(place, choice)
    behind = text[place.end :]
    if choice.is_complete and not behind:
        written += " "
    before = text[: place.start]
    return Edited(before + written + behind, len(before) + len(written))


def _written(place: Place, choice: Suggestion) -> str:
    if choice.kind != "value":
        return choice.text
    field = find_field(choice.field or place.field)
    if field is None:
        return choice.text
    plain = field.kind in {"date", "order"}
    value = choice.text if plain else print_value(atom_of(field.name, choice.text))
    return value if place.kind == "value" else f"{print_field(field.name)}:{value}"
