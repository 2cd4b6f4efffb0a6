"""What a box offers while a query is written: fields, operators, values, saved searches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from flask import Blueprint, Response, current_app, make_response
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.events.folding import fold_words, storable
from auditdash.events.instants import HOUR, Instant
from auditdash.events.wording import printable
from auditdash.queries.explore.values import frequent_paths, frequent_values
from auditdash.search.errors import QueryError
from auditdash.search.fields import CONTEXT
from auditdash.search.help.complete import Place, apply, suggestions, where
from auditdash.search.help.offers import Suggestion, path_suggestion
from auditdash.search.parse import LONGEST, parse
from auditdash.search.query import Query, Term, query_of
from auditdash.store.engine import reading
from auditdash.store.saved_searches import list_saved_searches
from auditdash.web import params, readers

blueprint = Blueprint("complete", __name__)

_MOST: Final = 8  # of a kind
_FEW: Final = 3  # of each field, where any may come
_SHORTEST: Final = 2  # of a beginning for which values of any field are looked up
_ANY_FIELD: Final = ("actor", "entity", "action")
_LONGEST_LABEL: Final = 80
_GROUPS: Final = {"field": "Fields", "operator": "Operators", "search": "Saved searches"}
_BEFORE: Final = re.compile(r"\S*$")  # what stands of the term that is being written
_BEHIND: Final = re.compile(r"^\S*")
_RECORDED: Final = "auditdash.completions"


class Offer(Struct, frozen=True, kw_only=True):
    """One choice of the list: what it says, and the text of the box once it is chosen."""

    group: str
    label: str
    note: str
    count: int | None
    text: str
    caret: int


class _Found(Struct, frozen=True, kw_only=True):
    """A suggestion, and in how many events of the period its value occurs (None: not counted)."""

    suggestion: Suggestion
    label: str
    count: int | None = None
    read: bool = False  # from events, so that somebody looked at the log


@blueprint.get("/timeline/complete")
@readers.needs(Permission.READ, scoped=True)
def complete() -> Response:
    """The choices at the caret of a text, as JSON; counts are of the period that the text asks."""
    text = storable(params.exact(params.QUERY))
    caret = params.number("caret", len(text), 0, LONGEST)
    place = where(text, caret)
    found: list[_Found] = []
    if place.kind != "nothing" and len(text) <= LONGEST:
        with reading(readers.engine()) as connection:
            found = list(_find(connection, text, place))
    if any(each.read for each in found):
        _record_once(text)
    edited = [(each, apply(text, place, each.suggestion)) for each in found]
    offers = [
        Offer(
            group=_group(place, each.suggestion),
            label=printable(each.label[:_LONGEST_LABEL]),
            note=printable(each.suggestion.meaning[:_LONGEST_LABEL]),
            count=each.count,
            text=after.text,
            caret=after.caret,
        )
        for each, after in edited
        if len(after.text) <= LONGEST
    ]
    answer = make_response(msgspec.json.encode(offers))
    answer.headers["Content-Type"] = "application/json"
    return answer


def _find(connection: Connection, text: str, place: Place) -> Iterator[_Found]:
    known = suggestions(place, readers.clock())
    if place.kind == "value":
        yield from _values(connection, text, place, known)
        return
    yield from (_plain(each) for each in known[:_MOST])
    yield from _paths(connection, place)
    if len(place.prefix) >= _SHORTEST:
        for field in _ANY_FIELD:
            yield from _counted(connection, text, place, field, _FEW)
    if place.alone and not readers.reader().is_limited:  # their names may tell of other events
        yield from _saved(connection, place.prefix)


def _values(
    connection: Connection, text: str, place: Place, known: Sequence[Suggestion]
) -> Iterator[_Found]:
    """Those that occur first; of a list, then the rest of it; then what may come before one."""
    listed = {each.text: each for each in known if each.kind == "value"}
    limit = max(_MOST, len(listed))
    for each in _counted(connection, text, place, place.field, limit):
        meant = listed.pop(each.suggestion.text, each.suggestion)
        yield _Found(suggestion=meant, label=each.suggestion.text, count=each.count, read=True)
    yield from (_plain(each) for each in listed.values())
    yield from (_plain(each) for each in known if each.kind != "value")


def _plain(suggestion: Suggestion) -> _Found:
    return _Found(suggestion=suggestion, label=suggestion.text.strip())


def _counted(
    connection: Connection, text: str, place: Place, field: str, limit: int
) -> Iterator[_Found]:
    scope, clock = readers.scope(), readers.clock()
    period = _period(text, place)
    for choice in frequent_values(connection, period, scope, clock, field, place.prefix, limit):
        said = "" if choice.label == choice.value else choice.label
        label = choice.value if place.kind == "value" else f"{field}:{choice.value}"
        suggestion = Suggestion(kind="value", text=choice.value, meaning=said, field=field)
        yield _Found(suggestion=suggestion, label=label, count=choice.count, read=True)


def _paths(connection: Connection, place: Place) -> Iterator[_Found]:
    if not place.prefix.lower().startswith(CONTEXT):
        return
    prefix = place.prefix[len(CONTEXT) :]
    for path in frequent_paths(connection, readers.scope(), prefix, _MOST):
        suggestion = path_suggestion(path)
        yield _Found(suggestion=suggestion, label=suggestion.text, read=True)


def _saved(connection: Connection, prefix: str) -> Iterable[_Found]:
    reader = readers.reader()
    words = fold_words(prefix).rstrip()
    kept = list_saved_searches(connection, reader.workspace.id, reader.person_id)
    fitting = [each for each in kept if words in fold_words(each.name)]
    for each in fitting[:_MOST]:
        suggestion = Suggestion(kind="search", text=each.query, meaning=each.query)
        yield _Found(suggestion=suggestion, label=each.name)


def _period(text: str, place: Place) -> Query:
    """What the rest of the text says about the period; everything, while it cannot be read."""
    try:
        rest = parse(_BEFORE.sub("", text[: place.start]) + _BEHIND.sub(" ", text[place.end :]))
    except QueryError:
        return Query()
    dates = (part for part in rest.parts if isinstance(part, Term) and part.field == "created")
    return query_of(tuple(dates))


def _group(place: Place, suggestion: Suggestion) -> str:
    if suggestion.kind == "value":
        return f"Values of {place.field}" if place.kind == "value" else "Values"
    return _GROUPS[suggestion.kind]


def _record_once(text: str) -> None:
    """Names of events are read: recorded, but once an hour, for each letter asks anew."""
    reader, now = readers.reader(), readers.now()
    recorded: dict[tuple[int, int], Instant] = current_app.extensions.setdefault(_RECORDED, {})
    who = (reader.person_id, reader.workspace.id)
    if who not in recorded or now - recorded[who] >= HOUR:
        readers.record_access("completion", text)
        recorded[who] = now
