"""The values that a field has in a period, the most frequent first: what a box offers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from auditdash.events.catalogue import action_label, category_label
from auditdash.events.folding import bounded, fold_case
from auditdash.index.adopt import ELSEWHERE, PATHS, VALUES
from auditdash.index.batch import CONTEXT as CONTEXT_LEAF
from auditdash.index.batch import Entry
from auditdash.index.view import View
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.counts import count_codes
from auditdash.queries.counting.groups import KEYS, MISSING, Groups, groups_of
from auditdash.queries.counting.totals import question_key, sum_over
from auditdash.queries.facets import Choice
from auditdash.queries.scan import Found
from auditdash.queries.sight.views import open_what_there_is
from auditdash.search.fields import CONTEXT
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

Counts = NDArray[np.int64]
# The most frequent ones among which a beginning is looked for, so that an answer takes no longer
# in an archive with a million names.
_LOOKED_THROUGH: Final = 20_000
# Field → the groups of its values, and the text of an entry.
_GROUPED: Final[dict[str, tuple[str, Callable[[Entry], str | None]]]] = {
    "actor": ("actor", lambda entry: entry[1] or entry[0]),
    "subject": ("subject", lambda entry: entry[2] or entry[1]),
    "entity": ("entity", lambda entry: entry[2] or entry[1]),
    "entity_type": ("entity_type", lambda entry: entry[0]),
    "entity_id": ("entity_id", lambda entry: entry[1]),
    "action": ("action", lambda entry: entry[0]),
    "ip": ("address", lambda entry: entry[0]),
    "ua": ("ua", lambda entry: entry[0]),
    "role": ("role", lambda entry: entry[0]),
    "outcome": ("outcome", lambda entry: entry[0]),
    "source": ("source", lambda entry: entry[0]),
    "workspace": ("workspace", lambda entry: entry[0]),
}
_NAMED_BY_KEY: Final = ("category", "ua_family")


def frequent_values(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    field: str,
    prefix: str = "",
    limit: int = 8,
) -> tuple[Choice, ...]:
    """At most `limit` values that begin with the prefix, or have a word that does, by their number
    of events among those asked for; () for a field whose values are not kept.

    Events that the index does not know yet are left out: nobody waits for it while writing.
    """
    view = open_what_there_is(connection, scope)
    if field.startswith(CONTEXT):
        found = _leaf_values(view, query, clock, field.removeprefix(CONTEXT))
    elif field in _GROUPED or field in _NAMED_BY_KEY:
        found = _grouped(view, query, clock, field)
    else:
        return ()
    return _first(found, prefix, limit)


def frequent_paths(
    connection: Connection, scope: Scope, prefix: str = "", limit: int = 8
) -> tuple[str, ...]:
    """At most `limit` paths of the context that begin with the prefix, or have a word that does."""
    view = open_what_there_is(connection, scope)
    there = [segment.column("leaf_path") for segment in view.segments]
    codes = np.unique(np.concatenate(there)).tolist() if there else []
    paths = [view.dictionaries[PATHS].entries[code] for code in codes[:_LOOKED_THROUGH]]
    named = (entry[1] or "" for entry in paths if entry[0] == CONTEXT_LEAF)
    begins = _beginning(prefix)
    found = sorted(path for path in named if path and begins(fold_case(path)))
    return tuple(found[:limit])


def _first(found: Iterable[Choice], prefix: str, limit: int) -> tuple[Choice, ...]:
    begins = _beginning(prefix)
    chosen: list[Choice] = []
    for choice in found:
        if begins(fold_case(choice.value)) or begins(fold_case(choice.label)):
            chosen.append(choice)
            if len(chosen) == limit:
                break
    return tuple(chosen)


def _beginning(prefix: str) -> Callable[[str], object]:
    """Whether a folded text, or a word in it, begins so; `_`, `-` and the like end a word."""
    return re.compile(rf"(?:\A|[\W_]){re.escape(fold_case(prefix))}").search


def _grouped(view: View, query: Query, clock: Clock, field: str) -> Iterator[Choice]:
    name = field if field in _NAMED_BY_KEY else _GROUPED[field][0]
    dictionary = KEYS[name][0]
    groups = groups_of(view, name)
    counts = groups.add(count_codes(view, query, clock, [dictionary])[dictionary])
    counts[MISSING] = 0
    entries = view.dictionaries[dictionary].entries
    for group in _by_count(counts):
        value = _text(field, groups, group, entries)
        if value:
            yield _choice(field, value, int(counts[group]))


def _text(field: str, groups: Groups, group: int, entries: list[Entry]) -> str:
    """How the newest entry of a group writes it."""
    if field in _NAMED_BY_KEY:
        return str(groups.keys[group])
    return _GROUPED[field][1](entries[groups.codes[group][-1]]) or ""


def _choice(field: str, value: str, count: int) -> Choice:
    labels = {"action": action_label, "category": category_label}
    said = labels[field](value) if field in labels else value
    return Choice(value=value, label=said, count=count)


def _by_count(counts: Counts) -> list[int]:
    """The numbers that occur, most events first, at most as many as are looked through."""
    occurring = np.flatnonzero(counts)
    order = np.argsort(-counts[occurring], kind="stable")[:_LOOKED_THROUGH]
    found: list[int] = occurring[order].tolist()
    return found


def _leaf_values(view: View, query: Query, clock: Clock, path: str) -> Iterator[Choice]:
    """Values of one path of the context; letters of another case are the same value."""
    code = view.dictionaries[PATHS].find((CONTEXT_LEAF, bounded(path)))
    if code is None:
        return

    def measure(found: Found) -> tuple[Counts]:
        return (np.bincount(_leaf_codes(found, code)).astype(np.int64),)

    question = question_key(query, clock)
    key = None if question is None else ("leaves", code, question)
    sums = sum_over(compile_query(query, view, clock), key, measure)
    counts = sums[0].copy() if sums else np.zeros(0, np.int64)
    counts[ELSEWHERE : ELSEWHERE + 1] = 0
    entries = view.dictionaries[VALUES].entries
    seen: set[str] = set()
    for value in _by_count(counts):
        text = entries[value][2] or ""
        if text and fold_case(text) not in seen:
            seen.add(fold_case(text))
            yield Choice(value=text, label=text, count=int(counts[value]))


def _leaf_codes(found: Found, path: int) -> NDArray[np.int64]:
    here = found.segment.leaves(path)
    if here is None:
        return np.zeros(0, np.int64)
    rows, codes = here
    answers = np.zeros(len(found.segment), np.bool_)
    answers[found.index] = True
    chosen: NDArray[np.int64] = codes[answers[rows]].astype(np.int64)
    return chosen
