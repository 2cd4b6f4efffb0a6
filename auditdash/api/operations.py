"""What the API can do, said once: by it a request is let in, its arguments are read, its answer is
written, and the OpenAPI document is made."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from flask import Response, current_app, g, request
from msgspec import Struct

from auditdash.accounts.tokens import READ
from auditdash.api import door
from auditdash.api.call import Call
from auditdash.api.reader import reader_of
from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.store.installation import Installation

JSON: Final = "application/json"
CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
PDF: Final = "application/pdf"
SPOKEN: Final = "operation"  # the attribute of a view that carries its Operation
_View = TypeVar("_View", bound=Callable[..., Response])


class Argument(Struct, frozen=True, kw_only=True):
    """One argument of an address: `schema` is JSON Schema."""

    name: str
    says: str
    schema: dict[str, Any]
    example: str = ""
    required: bool = False


class Body(Struct, frozen=True, kw_only=True):
    """What is sent: a struct as JSON, or with None anything in these forms, or nothing."""

    says: str
    of: type[Struct] | None
    forms: tuple[str, ...] = (JSON,)


class Operation(Struct, frozen=True, kw_only=True):
    """One thing that a program can ask for. `answer` is what comes as JSON (None: none does),
    `files` are the other forms; `scope` is what a token needs, None where none is needed."""

    name: str
    tag: str
    summary: str
    says: str = ""
    scope: str | None = READ
    arguments: tuple[Argument, ...] = ()
    body: Body | None = None
    answer: Any = None
    files: tuple[str, ...] = ()
    status: int = 200
    refusals: tuple[int, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """All forms of its answer, the usual one first."""
        return ((JSON,) if self.answer is not None else ()) + self.files


def operation(spec: Operation) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Let in whoever may do it, refuse arguments that there are not, and hand over the call."""

    def wrap(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def run(**path: Any) -> Response:
            installation: Installation = current_app.extensions["auditdash"]
            token = door.admit(installation, spec.scope or door.ANY)
            if isinstance(token, Response):
                if token.status_code == 403:
                    reader_of(installation, g.token).record_refusal(spec.scope or "")
                return token
            _check_arguments(spec)
            return view(Call(reader_of(installation, token), spec.forms), **path)

        return spoken(spec)(run)

    return wrap


def spoken(spec: Operation) -> Callable[[_View], _View]:
    """Mark a view that keeps a door of its own with what it does, for the document."""

    def mark(view: _View) -> _View:
        setattr(view, SPOKEN, spec)  # functions carry attributes
        return view

    return mark


def _check_arguments(spec: Operation) -> None:
    known = [each.name for each in spec.arguments]
    for name, given in request.args.lists():
        if name not in known:
            expected = ", ".join(known) or "no arguments"
            raise BadInput(f"{shorten(name)} is unknown", where=name, expected=expected)
        if len(given) > 1:
            raise BadInput("it is given twice", where=name, expected="each argument once")
