"""One request of a program that was let in: who asks, what for, and in which form."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Final

from flask import request
from sqlalchemy import Connection
from werkzeug.exceptions import NotAcceptable

from auditdash.api.reader import Reader
from auditdash.events.errors import BadInput
from auditdash.events.folding import storable
from auditdash.events.instants import parse_zone, shorten
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

HIGHEST: Final = (1 << 63) - 1
_MOST_DIGITS: Final = 19


class Call:
    """Reads the arguments; BadInput where they cannot be read."""

    def __init__(self, reader: Reader, forms: Collection[str]) -> None:
        self.reader = reader
        self._forms = tuple(forms)

    @cached_property
    def form(self) -> str:
        """The media type of the answer, by `Accept`; 406 where there is none such."""
        accepted = request.accept_mimetypes
        found = accepted.best_match(self._forms) if accepted else self._forms[0]
        if found is None:
            raise NotAcceptable(f"There are {', '.join(self._forms)}.")
        return found

    @cached_property
    def text(self) -> str:
        """The search, as it was written."""
        return self.word("q").strip()

    @cached_property
    def query(self) -> Query:
        """What it asks."""
        return parse(self.text)

    @cached_property
    def clock(self) -> Clock:
        """Now, and the zone of calendar days."""
        return Clock(self.reader.installation.now(), parse_zone(self.word("zone") or "UTC"))

    def scope(self, connection: Connection) -> Scope:
        """What is seen: up to `seq`, else up to now."""
        return self.reader.scope(connection, self.number("seq", 0, HIGHEST))

    def word(self, name: str) -> str:
        """An argument as text, "" where it is not given."""
        return request.args.get(name, "")

    def name(self, name: str) -> str | None:
        """The name of a person or thing, to the letter."""
        return storable(self.word(name)) or None

    def choice(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of these words; the default where none is given. An empty one is given, and wrong."""
        given = request.args.get(name)
        if given is None:
            return default
        if not given or given not in allowed:
            expected = ", ".join(each for each in allowed if each)
            raise BadInput(f"{shorten(given)} is none of these", where=name, expected=expected)
        return given

    def number(self, name: str, low: int, high: int) -> int | None:
        """A whole number within these; None where it is not given."""
        given = request.args.get(name)
        if given is None:
            return None
        if not is_number(given) or not low <= int(given) <= high:
            raise BadInput(
                f"{shorten(given)} does not fit",
                where=name,
                expected=f"a whole number from {low} to {high}",
            )
        return int(given)

    def record(self, what: str, **context: str) -> None:
        """Keep that it looked, before it is answered."""
        self.reader.record_access(what, self.text, **context)


def is_number(text: str) -> bool:
    """Whether it is a whole number that a database can hold."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) <= HIGHEST
