"""Conditions on one value as a query writes it: the same for one event and for a dictionary of all
values that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from auditdash.events.addresses import ip_range
from auditdash.events.catalogue import OTHER, Action, actions, find_action
from auditdash.events.folding import bounded, fold_case
from auditdash.search.query import Atom

Check = Callable[[str], bool]
UNMAPPED = frozenset({OTHER, "unmapped"})


def key_check(atoms: Iterable[Atom]) -> Check:
    """Whether a folded value is one of those that are asked for, by name or by wildcard."""
    plain: set[str] = set()
    patterns: list[list[str]] = []
    for atom in atoms:
        if atom.wild:
            patterns.append([fold_case(piece) for piece in atom.text.split("*")])
        else:
            plain.add(fold_case(atom.text))
    return lambda key: key in plain or any(fits(pieces, key) for pieces in patterns)


def fits(pieces: Sequence[str], text: str) -> bool:
    """Whether a text is made of the pieces (two or more), in this order, with any text between."""
    first, *middle, last = pieces
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - at >= len(last) and text.endswith(last)


def action_check(atoms: Iterable[Atom]) -> Check:
    """Whether the name of an action is one that is asked for, or of a family that is."""
    checks = [_action_check(atom) for atom in atoms]
    return lambda action: any(holds(action) for holds in checks)


def _action_check(atom: Atom) -> Check:
    if atom.wild:
        pieces = _lower_ascii(atom.text).split("*")
        return lambda action: fits(pieces, _lower_ascii(action))
    names = (atom.text, atom.text.lower())
    families = () if atom.quoted else tuple(f"{name}_" for name in names)
    return lambda action: action in names or action.startswith(families)


def _lower_ascii(text: str) -> str:
    """Letters of ASCII in lower case and no other: actions are identifiers."""
    return text.encode().lower().decode()


def name_check(atoms: Iterable[Atom]) -> Check:
    """Names that systems give are found as they are written or in lower case."""
    written = [bounded(atom.text) for atom in atoms]
    names = {*written, *(name.lower() for name in written)}
    return lambda name: name in names


def has_word(field: str, word: str, action: str) -> bool:
    """Whether `category:`, `op:` or `is:` has this word for an action, by the catalogue alone."""
    known = find_action(action)
    if word in UNMAPPED:
        return known is None
    return known is not None and word in _words(field, known)


@cache
def marked_actions(field: str, word: str) -> frozenset[str]:
    """The mapped actions for which `category:`, `op:` or `is:` has this word."""
    return frozenset(action.name for action in actions() if word in _words(field, action))


def _words(field: str, action: Action) -> set[str]:
    if field == "category":
        return {action.category}
    if field == "op":
        return {action.op}
    flags = {
        "export": action.op == "export",
        "permission": action.permission,
        "sensitive": action.sensitive,
    }
    return {name for name, holds in flags.items() if holds}


def address_check(atoms: Iterable[Atom]) -> Callable[[bytes], bool]:
    """Whether the key of an address lies in one of the networks."""
    ranges = [ip_range(atom.text) for atom in atoms]
    return lambda key: any(first <= key <= last for first, last in ranges)
