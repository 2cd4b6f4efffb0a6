"""What to offer at a place of a query, as far as it is known without looking at events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, TypeAlias

from msgspec import Struct

from auditdash.events.catalogue import category_label
from auditdash.events.periods import local_date
from auditdash.events.wording import MONTHS
from auditdash.search.fields import CONTEXT, FIELDS, FLAG_MEANINGS, Field, find_field, nearest_field
from auditdash.search.print import print_field
from auditdash.search.scope import Clock

SuggestionKind: TypeAlias = Literal["field", "operator", "value", "search"]

_COMPARISONS = ((">=", "from then on"), ("<=", "until then"), (">", "after"), ("<", "before"))
_JOINERS = (("OR ", "either of both sides"), ("NOT ", "all but what follows"))
_SHORTEST_MEANING = 3


class Suggestion(Struct, frozen=True, kw_only=True):
    """One choice: `text` is what is written (a value: as it stands in events, not yet quoted),
    `meaning` and `example` are for people. `field` is needed for a value where a term may stand.
    """

    kind: SuggestionKind
    text: str
    meaning: str = ""
    example: str = ""
    field: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether a term ends with it, so that a space may follow."""
        return self.kind == "value" or self.text == "*"


def fields_for(prefix: str) -> tuple[Suggestion, ...]:
    """The fields that begin with the prefix, then those whose meaning has such a word, else the
    nearest one; all for ""."""
    word = prefix.lower()
    named = [field for field in _OFFERED if field.name.startswith(word)]
    meant = [field for field in _OFFERED if field not in named and _means(field, word)]
    near = [] if named or meant else [field for field in _OFFERED if _is_near(field, word)]
    return tuple(map(_field, named + meant + near))


def path_suggestion(path: str) -> Suggestion:
    """The field of one path of the context, to be found among events by others."""
    text = f"{print_field(CONTEXT + path)}:"
    return Suggestion(kind="field", text=text, meaning="a value of the context")


def operators_for(field: str, prefix: str = "") -> tuple[Suggestion, ...]:
    """What may come before a value of the field; for the field "": between terms, by prefix."""
    if not field:
        return tuple(
            Suggestion(kind="operator", text=text, meaning=meaning)
            for text, meaning in _JOINERS
            if text.lower().startswith(prefix.lower())
        )
    known = find_field(field)
    if known is None:
        return ()
    signs = _COMPARISONS if known.kind == "date" else ()
    found = [Suggestion(kind="operator", text=sign, meaning=meaning) for sign, meaning in signs]
    if known.can_be_missing:
        found.append(Suggestion(kind="operator", text="*", meaning="any: the field is there"))
    return tuple(found)


def values_for(field: str, prefix: str, clock: Clock, operator: str = "") -> tuple[Suggestion, ...]:
    """The values that begin with the prefix, of a field whose values are a list or dates. After an
    operator, dates alone. Other fields have none here: their values stand in the events."""
    known = find_field(field)
    if known is None:
        return ()
    listed = _dates(clock, operator) if known.kind == "date" else _listed(known)
    word = prefix.lower()
    return tuple(
        Suggestion(kind="value", text=text, meaning=meaning, field=known.name)
        for text, meaning in listed
        if text.lower().startswith(word) or (len(word) > 2 and word in meaning.lower())
    )


def _listed(field: Field) -> Iterable[tuple[str, str]]:
    for choice in field.choices:
        yield choice, _choice_meaning(field.name, choice)


def _choice_meaning(field: str, choice: str) -> str:
    match field:
        case "category":
            return category_label(choice)
        case "is":
            return FLAG_MEANINGS[choice]
        case "sort":
            return "newest first" if choice == "created-desc" else "oldest first"
    return ""


def _dates(clock: Clock, operator: str) -> Iterable[tuple[str, str]]:
    today = local_date(clock.now, clock.zone)
    last_month = today.replace(day=1) - timedelta(days=1)
    since = "" if operator else ">="
    yield "today", ""
    yield "yesterday", ""
    yield f"{since}now-24h", "the last 24 hours"
    yield f"{since}now-7d", "the last 7 days"
    yield f"{since}now-30d", "the last 30 days"
    yield f"{today:%Y-%m}", f"this month, {MONTHS[today.month - 1]}"
    yield f"{last_month:%Y-%m}", f"last month, {MONTHS[last_month.month - 1]}"
    yield f"{today.year}-Q{(today.month + 2) // 3}", "this quarter"
    yield str(today.year), "this year"
    if not operator:
        yield f"{last_month:%Y-%m}..{today:%Y-%m}", "from one to the other, both in"


def _field(field: Field) -> Suggestion:
    text = field.name if field.name == CONTEXT else f"{field.name}:"
    example = f"{field.name}{'' if field.name == CONTEXT else ':'}{field.example}"
    return Suggestion(kind="field", text=text, meaning=field.meaning, example=example)


def _means(field: Field, word: str) -> bool:
    if len(word) < _SHORTEST_MEANING:
        return False
    words = f"{field.name.replace('_', ' ')} {field.meaning.replace(',', '')}".lower().split()
    return any(each.startswith(word) for each in words)


def _is_near(field: Field, word: str) -> bool:
    return field.name == nearest_field(word)


_ANY_PATH = Field(CONTEXT, "text", "a value of the context", "role:view")
_OFFERED = (*FIELDS[:-2], _ANY_PATH, *FIELDS[-2:])
