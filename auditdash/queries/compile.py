"""Query to a condition on the rows of the index: the only translator. It means in numbers what
`search/match.py` means for one event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from auditdash.events.addresses import ip_key
from auditdash.events.folding import bounded, fold_case, fold_words
from auditdash.events.periods import Period
from auditdash.events.user_agents import ua_family
from auditdash.index.adopt import FIRST_SEEN, LATE, PATHS, VALUES, value_key
from auditdash.index.batch import CODED, CORRELATION, Entry
from auditdash.index.batch import CONTEXT as CONTEXT_LEAF
from auditdash.index.files.dictionary import Choice
from auditdash.index.files.segment import Segment
from auditdash.index.view import View
from auditdash.queries.conditions import masks
from auditdash.queries.conditions import values as on
from auditdash.queries.conditions.elsewhere import in_any_value, in_path, words_of
from auditdash.queries.conditions.local_time import night, off_hours
from auditdash.queries.conditions.masks import Mask, Places, Rows, Test
from auditdash.queries.conditions.own_access import own_access
from auditdash.search.checks import action_check, address_check, has_word, key_check, name_check
from auditdash.search.dates import resolve
from auditdash.search.fields import CONTEXT
from auditdash.search.match import matcher
from auditdash.search.period import period_of
from auditdash.search.query import And, Atom, Node, Not, Or, Query, Term, Text, Value, query_of
from auditdash.search.scope import Clock

_INSTANTS: Final = {"created": "time", "received": "received"}
# Which dictionary knows the values of a field.
DICTIONARY_OF: Final = {
    **{name: name for name in CODED},
    "entity_type": "entity",
    "entity_id": "entity",
    "ua_family": "ua",
    "category": "action",
    "op": "action",
}
# Text fields that are one part of an entry.
_PARTS: Final[dict[str, Callable[[Entry], str | None]]] = {
    "entity_type": lambda entry: entry[0],
    "entity_id": lambda entry: entry[1],
    "ua_family": lambda entry: ua_family(entry[0]) if entry[0] else None,
}
_KEYED: Final = ("actor", "subject", "entity", "role", "ua", "workspace")
_OF_ACTION: Final = {"action", "category", "op"}
_CHEAP: Final = {"actor", "entity", "subject", "ip"}
# Marks that the action alone does not tell.
_NO_ACTION: Final = {"late", "first-seen", "off-hours", "night", "own-access"}
_READ: Final = ("actor", "action", "entity", "subject", "ip")  # by free text


class Condition(Struct, frozen=True, eq=False):
    """What was asked of the events in sight. Rows outside of the period cannot answer it."""

    view: View
    period: Period
    test: Test | None

    def rows(self, segment: Segment) -> Rows:
        """The rows of a segment within the period."""
        start, end = self.period.start, self.period.end
        first, last = 0, len(segment)
        if start is not None and start > segment.described.first_at:
            first = int(segment.times.searchsorted(start))
        if end is not None and end <= segment.described.last_at:
            last = int(segment.times.searchsorted(end))
        return Rows(segment, first, max(first, last))

    def places(self, rows: Rows) -> Places | None:
        """Which of these rows answer, if they are few and it is known where; else None."""
        if not isinstance(self.test, masks.Placed):
            return None
        places, within = self.test.places(rows), self.view.in_sight(rows.segment)
        if places is None or within is None:
            return places
        return places[within[places + rows.start]]

    def mask(self, rows: Rows) -> Mask | None:
        """Which of these rows answer the question; None: all of them."""
        within = self.view.in_sight(rows.segment)
        if within is not None:
            within = within[rows.start : rows.end]
        if self.test is None:
            return within
        found = self.test(rows, within)
        return found if within is None else found & within


def compile_query(query: Query, view: View, clock: Clock) -> Condition:
    """All that was asked, within the events in sight."""
    tests = [
        _compile(part, view, clock)
        for part in sorted(query.parts, key=_cost)
        if not _is_period(part)
    ]
    return Condition(view, period_of(query, clock), masks.all_of(tests) if tests else None)


def without_period(query: Query) -> Query | None:
    """The same question about all times; None when it is one already."""
    parts = tuple(part for part in query.parts if not _is_period(part))
    return None if len(parts) == len(query.parts) else query_of(parts)


def by_action(query: Query, view: View) -> tuple[Query, Mask] | None:
    """What is asked besides the action, and of each action that there is whether it may answer: one
    count by action then answers many questions. None where nothing is asked of the action, or what
    else is asked is dear, and better asked of few events."""
    answers = np.ones(len(view.dictionaries["action"]), np.bool_)
    rest = []
    for part in query.parts:
        found = _actions_where(part, view, len(answers))
        if found is not None:
            answers &= found
        elif _is_period(part) or (isinstance(part, Term) and part.field in _CHEAP):
            rest.append(part)
        else:
            return None
    return None if len(rest) == len(query.parts) else (query_of(tuple(rest), query.order), answers)


def _actions_where(node: Node, view: View, count: int) -> Mask | None:
    """Of each action whether a condition holds that asks for nothing else; None for another one."""
    match node:
        case And(nodes) | Or(nodes):
            parts = [_actions_where(each, view, count) for each in nodes]
            known = [each for each in parts if each is not None]
            if len(known) < len(parts):
                return None
            holds = np.logical_and if isinstance(node, And) else np.logical_or
            found: Mask = holds.reduce(known)
            return found
        case Not(inner):
            one = _actions_where(inner, view, count)
            return None if one is None else ~one
        case Term(field, values) if field in _OF_ACTION:
            atoms = [value for value in values if isinstance(value, Atom)]
            return _sized(choice_of(field, atoms, view, present=len(atoms) < len(values)), count)
        case Term("is", values):
            words = [value.text for value in values if isinstance(value, Atom)]
            if _NO_ACTION.isdisjoint(words):
                either: Mask = np.logical_or.reduce(
                    [_sized(_flag_choice(word, view), count) for word in words]
                )
                return either
    return None


def _sized(choice: Choice, count: int) -> Mask:
    """Of so many codes: since they were counted there may have come others."""
    found = np.zeros(count, np.bool_)
    codes = choice.codes[choice.codes < count]
    found[codes] = True
    return found


def _is_period(part: Node) -> bool:
    """Whether the period of the query says all that this part says."""
    return isinstance(part, Term) and part.field == "created" and len(part.values) == 1


def _cost(node: Node) -> int:
    """What may need records comes last."""
    match node:
        case And(nodes) | Or(nodes):
            return max(map(_cost, nodes))
        case Not(inner):
            return _cost(inner)
        case Text():
            return 2
        case Term(field):
            return 1 if field == "corr" or field.startswith(CONTEXT) else 0


def _compile(node: Node, view: View, clock: Clock) -> Test:
    match node:
        case And(nodes):
            return masks.all_of([_compile(each, view, clock) for each in sorted(nodes, key=_cost)])
        case Or(nodes):
            return masks.any_of([_compile(each, view, clock) for each in sorted(nodes, key=_cost)])
        case Not(inner):
            return masks.none_of(_compile(inner, view, clock))
        case Text(text):
            return _text(node, text, view, clock)
        case Term(field, values):
            return _term(node, field, values, view, clock)


def _text(node: Node, text: str, view: View, clock: Clock) -> Test:
    phrase = fold_words(text).rstrip()
    if not phrase:
        return masks.everything
    tests = [
        on.coded(name, choice)
        for name in _READ
        if len((choice := view.dictionaries[name].with_words(phrase)).codes)
    ]
    values = view.dictionaries[VALUES]
    choice = values.with_words(phrase)
    if len(choice.codes):
        tests.append(on.leaves(None, choice))  # a value is of one path alone
    tests.append(in_any_value(view, matcher(node, clock), phrase.split()))
    return masks.any_of(tests)


def _term(node: Node, field: str, values: Sequence[Value], view: View, clock: Clock) -> Test:
    atoms = [value for value in values if isinstance(value, Atom)]
    present = len(atoms) < len(values)
    if field in _INSTANTS:
        periods = [resolve(value, clock) for value in values]
        return masks.any_of(
            [on.between(_INSTANTS[field], each.start, each.end) for each in periods]
        )
    if field == "corr":
        return _leaf(node, view, clock, (CORRELATION, ""), atoms, present=present)
    if field.startswith(CONTEXT):
        path = (CONTEXT_LEAF, bounded(field.removeprefix(CONTEXT)))
        return _leaf(node, view, clock, path, atoms, present=present)
    if field == "is":
        return masks.any_of([_flag(atom.text, view) for atom in atoms])
    return _coded(field, atoms, view, present=present)


def _coded(field: str, atoms: Sequence[Atom], view: View, *, present: bool) -> Test:
    return on.coded(DICTIONARY_OF[field], choice_of(field, atoms, view, present=present))


def choice_of(field: str, atoms: Sequence[Atom], view: View, *, present: bool = False) -> Choice:
    """The values that are asked for, among those of the dictionary of the field."""
    dictionary = view.dictionaries[DICTIONARY_OF[field]]
    if field in _KEYED and not present:
        return _keyed(dictionary.with_keys, dictionary.with_pattern, atoms)
    holds = _holds(field, atoms, present=present)
    if field == "entity_id" and not present and not any(atom.wild for atom in atoms):
        keyed = _keyed(dictionary.with_keys, dictionary.with_pattern, atoms).codes.tolist()
        return dictionary.of([code for code in keyed if holds(dictionary.entries[code])])
    return dictionary.where((field, present, *atoms), holds)


def _holds(field: str, atoms: Sequence[Atom], *, present: bool) -> Callable[[Entry], bool]:
    """Whether an entry has one of the values."""
    if field in _KEYED:
        given = slice(1, None) if field in {"entity", "subject"} else slice(None)
        return lambda entry: any(entry[given])
    if field in _PARTS:
        part, asked = _PARTS[field], key_check(atoms)
        return lambda entry: bool(key := fold_case(part(entry) or "")) and (present or asked(key))
    if field == "action":
        of_action = action_check(atoms)
        return lambda entry: present or of_action(entry[0] or "")
    if field in {"category", "op"}:
        words = [atom.text for atom in atoms]
        return lambda entry: present or any(has_word(field, word, entry[0] or "") for word in words)
    named = _address(atoms) if field == "ip" else name_check(atoms)
    return lambda entry: entry[0] is not None and (present or named(entry[0]))


def _keyed(
    with_keys: Callable[[Sequence[str]], Choice],
    with_pattern: Callable[[str], Choice],
    atoms: Iterable[Atom],
) -> Choice:
    plain = sorted({fold_case(atom.text) for atom in atoms if not atom.wild})
    patterns = {
        "*".join(fold_case(piece) for piece in atom.text.split("*")) for atom in atoms if atom.wild
    }
    choices = [with_pattern(pattern) for pattern in sorted(patterns)]
    return on.union([with_keys(plain), *choices] if plain or not choices else choices)


def _address(atoms: Sequence[Atom]) -> Callable[[str], bool]:
    lies_in = address_check(atoms)

    def holds(text: str) -> bool:
        key = ip_key(text)
        return key is not None and lies_in(key)

    return holds


def _flag(word: str, view: View) -> Test:
    """The marks of an event, and what follows from its action through the catalogue."""
    match word:
        case "late":
            return on.marked(LATE)
        case "first-seen":
            return on.marked(FIRST_SEEN)
        case "off-hours":
            return off_hours(view.zone)
        case "night":
            return night(view.zone)
        case "own-access":
            return masks.all_of([_flag("permission", view), own_access(view)])
    return on.coded("action", _flag_choice(word, view))


def _flag_choice(word: str, view: View) -> Choice:
    return view.dictionaries["action"].where(
        ("is", word), lambda entry: has_word("is", word, entry[0] or "")
    )


def _leaf(
    node: Node,
    view: View,
    clock: Clock,
    path: tuple[str, str],
    atoms: Sequence[Atom],
    *,
    present: bool,
) -> Test:
    code = view.dictionaries[PATHS].find(path)
    if code is None:
        return lambda rows, within: rows.none()
    values = view.dictionaries[VALUES]
    if present:
        every = values.where("every", lambda entry: True)
        return on.leaves(code, every)
    choice = _leaf_choice(view, path, atoms)
    elsewhere = in_path(view, code, matcher(node, clock), [words_of(atom) for atom in atoms])
    return masks.any_of([on.leaves(code, choice), elsewhere])


def _leaf_choice(view: View, path: tuple[str, str], atoms: Sequence[Atom]) -> Choice:
    values = view.dictionaries[VALUES]
    if path[0] == CORRELATION:
        asked = name_check(atoms)
        keyed = values.with_keys([value_key(*path, atom.text) for atom in atoms])
        codes = [code for code in keyed.codes.tolist() if asked(values.entries[code][2] or "")]
        return values.of(codes)

    def with_keys(keys: Sequence[str]) -> Choice:
        return values.with_keys([value_key(*path, key) for key in keys])

    def with_pattern(pattern: str) -> Choice:
        asked = key_check([Atom(pattern)])
        return values.where(
            (path, pattern),
            lambda entry: entry[:2] == path and asked(fold_case(entry[2] or "")),
        )

    return _keyed(with_keys, with_pattern, atoms)
