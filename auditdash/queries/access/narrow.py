"""What the search box asks of access: the same language, of who reaches what.

`subject:` is who reaches it, or the group through which; `entity:`, `entity_id:` and `entity_type:`
are what is reached, `role:` is with which role, `actor:` who gave it, `created:` since when. Free
text looks at names and roles. Whatever else may be asked of events cannot be asked of access.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditdash.events.folding import fold_case, fold_words
from auditdash.index.view import View
from auditdash.queries.access.nodes import Nodes, kind_word
from auditdash.queries.access.paths import DIRECT, Paths, begins
from auditdash.queries.access.picture import Picture
from auditdash.queries.access.replay import NEVER_BEGAN, Bits, Places
from auditdash.queries.permissions.numbering import MISSING, Numbers
from auditdash.search.checks import key_check
from auditdash.search.dates import resolve
from auditdash.search.errors import QueryError
from auditdash.search.query import And, Atom, Node, Not, Or, Query, Span, Term, Text, Value
from auditdash.search.scope import Clock

FIELDS: Final = ("subject", "entity", "entity_id", "entity_type", "role", "actor", "created")
_EXPECTED: Final = f"words, or one of {', '.join(FIELDS)}"


def narrow(query: Query, view: View, picture: Picture, clock: Clock, paths: Paths) -> Paths:
    """Those that answer; a QueryError for what cannot be asked of access."""
    if query.node is None:
        return paths
    return paths.take(_Narrowing(view, picture, clock, paths).mask(query.node))


def find_named(query: Query, picture: Picture) -> Numbers:
    """The nodes that the query names by a word, as an entity or as a subject."""
    nodes = picture.nodes
    found = np.zeros(len(nodes), np.bool_)
    for part in query.parts:
        match part:
            case Text(text):
                found |= _with_words(nodes, text)
            case Term("entity" | "subject", values):
                atoms = [value for value in values if isinstance(value, Atom)]
                found |= _called(nodes, key_check(atoms))
    return np.flatnonzero(found)


class _Narrowing:
    def __init__(self, view: View, picture: Picture, clock: Clock, paths: Paths) -> None:
        self._actors = view.dictionaries["actor"].entries
        self._picture = picture
        self._nodes = picture.nodes
        self._clock = clock
        self._paths = paths

    def mask(self, node: Node) -> Bits:
        match node:
            case And(nodes):
                return reduce(np.ndarray.__and__, map(self.mask, nodes))
            case Or(nodes):
                return reduce(np.ndarray.__or__, map(self.mask, nodes))
            case Not(inner):
                return np.logical_not(self.mask(inner))
            case Text(text):
                return self._text(text)
            case Term(field, values, span):
                return self._term(field, values, span)

    def _term(self, field: str, values: Sequence[Value], span: Span) -> Bits:
        paths, nodes = self._paths, self._nodes
        atoms = [value for value in values if isinstance(value, Atom)]
        check = key_check(atoms)
        present = len(atoms) < len(values)
        match field:
            case "subject":
                found = _called(nodes, check)
                through = (paths.through != DIRECT) & found[paths.through]
                return _or(found[paths.subjects] | through, present=present)
            case "entity":
                found = _called(nodes, check)
                return _or(found[paths.objects], present=present)
            case "entity_id":
                return _at(self._has_id(check, present=present), paths.objects)
            case "entity_type":
                found = _where(nodes.kinds, lambda kind: check(kind_word(kind)))
                return _or(found[paths.objects], present=present)
            case "role":
                return self._role(check, present=present)
            case "actor":
                return self._actor(check, present=present)
            case "created":
                return self._since(values)
        raise QueryError(
            f"access cannot be searched by {field}",
            position=span.start,
            length=max(1, span.end - span.start),
            expected=_EXPECTED,
        )

    def _has_id(self, check: Callable[[str], bool], *, present: bool) -> Bits:
        keys = self._nodes.texts.keys
        return _where(self._nodes.ids + 1, lambda at: at > 0 and (present or check(keys[at - 1])))

    def _role(self, check: Callable[[str], bool], *, present: bool) -> Bits:
        keys = self._nodes.texts.keys
        roles = self._picture.intervals.roles[self._paths.grants]
        # MISSING is the number before the first, which stands for an empty text.
        return _where(roles + 1, lambda at: at > 0 and (present or check(keys[at - 1])))

    def _actor(self, check: Callable[[str], bool], *, present: bool) -> Bits:
        def asked(code: int) -> bool:
            texts = [text for text in self._actors[code] if text]
            return bool(texts) and (present or any(check(fold_case(text)) for text in texts))

        begun = self._picture.intervals.begun
        found = np.zeros(len(self._paths), np.bool_)
        for places in (self._paths.grants, self._paths.joins):
            facts = np.where(places == DIRECT, DIRECT, begun[places])
            told = np.flatnonzero(facts >= 0)
            actors = self._picture.actors[facts[told]]
            named = actors != MISSING  # a baseline does not tell who gave it
            found[told[named]] |= _where(actors[named], asked)
        return found

    def _since(self, values: Sequence[Value]) -> Bits:
        since = begins(self._picture.intervals, self._paths)
        found = np.zeros(len(since), np.bool_)
        for value in values:
            period = resolve(value, self._clock)
            first = NEVER_BEGAN + 1 if period.start is None else period.start
            after = since.max(initial=0) + 1 if period.end is None else period.end
            found |= (since >= first) & (since < after)
        return found

    def _text(self, text: str) -> Bits:
        phrase, paths = fold_words(text).rstrip(), self._paths
        has = _with_words(self._nodes, text)
        through = (paths.through != DIRECT) & has[paths.through]
        role = self._role(lambda key: phrase in fold_words(key), present=False)
        found: Bits = has[paths.objects] | has[paths.subjects] | through | role
        return found


def _with_words(nodes: Nodes, text: str) -> Bits:
    phrase = fold_words(text).rstrip()
    return _called(nodes, lambda key: phrase in fold_words(key))


def _called(nodes: Nodes, check: Callable[[str], bool]) -> Bits:
    """For each node whether one of the texts that it was ever called is asked for."""
    keys = nodes.texts.keys
    asked = _where(nodes.words, lambda number: check(keys[number]))
    found = np.zeros(len(nodes), np.bool_)
    found[nodes.called[asked]] = True
    return found


def _where(codes: NDArray[Any], holds: Callable[[int], bool]) -> Bits:
    """Which of the codes it holds for; each different one is asked once."""
    table = np.zeros(int(codes.max(initial=0)) + 1, np.bool_)
    table[codes] = True
    occurring = np.flatnonzero(table)
    table[occurring] = [holds(code) for code in occurring.tolist()]
    found: Bits = table[codes]
    return found


def _at(found: Bits, places: Places) -> Bits:
    there: Bits = found[places]
    return there


def _or(found: Bits, *, present: bool) -> Bits:
    return np.ones(len(found), np.bool_) if present else found
