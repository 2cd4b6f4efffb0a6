"""What a request asks for: the only reader of its arguments and form fields."""

from __future__ import annotations

from collections.abc import Collection
from typing import IO, TypeVar

from flask import request
from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.search.parse import parse
from auditdash.search.query import Query

QUERY = "q"
_Form = TypeVar("_Form", bound=Struct)


def text(name: str, default: str = "") -> str:
    """An argument of the address, without the spaces around it."""
    return request.args.get(name, default).strip()


def is_post() -> bool:
    """Whether something is to be done, not only shown."""
    return request.method == "POST"


def address() -> str:
    """Path and arguments of this request, as they were sent."""
    return request.full_path.removesuffix("?")


def exact(name: str) -> str:
    """An argument of the address to the letter: a stranger's name may begin with a space."""
    return request.args.get(name, "")


def is_given(name: str) -> bool:
    """Whether the address has the argument, be it empty."""
    return name in request.args


def all_text() -> dict[str, str]:
    """All arguments of the address, each by its first value."""
    return request.args.to_dict()


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high` in the address; anything else is BadInput."""
    given = text(name)
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 20 and low <= int(given) <= high):
        raise BadInput(
            f"{shorten(given)} does not fit",
            where=name,
            expected=f"a whole number from {low} to {high}",
        )
    return int(given)


def choice(name: str, allowed: Collection[str], default: str) -> str:
    """One of the allowed words in the address; anything else is BadInput."""
    return _chosen(name, text(name) or default, allowed)


def query_text() -> str:
    """The text of the search box, as it was written."""
    return text(QUERY)


def query() -> Query:
    """What `?q=` asks; a QueryError tells where the text is wrong."""
    return parse(query_text())


def field(name: str, default: str = "") -> str:
    """A field of the submitted form, without the spaces around it."""
    return request.form.get(name, default).strip()


def secret_field(name: str) -> str:
    """A field of the submitted form exactly as it was typed: passwords."""
    return request.form.get(name, "")


def chosen_field(name: str, allowed: Collection[str]) -> str:
    """One of the allowed words in the submitted form; anything else is BadInput."""
    return _chosen(name, field(name), allowed)


def chosen_fields(name: str, allowed: Collection[str]) -> tuple[str, ...]:
    """Which of the allowed words were ticked in the submitted form; another one is BadInput."""
    return tuple(_chosen(name, given.strip(), allowed) for given in request.form.getlist(name))


def fields() -> dict[str, str]:
    """All fields of the submitted form, each by its last value: to send them once more."""
    return {name: values[-1] for name, values in request.form.lists()}


def read_form(form: type[_Form], **given: str) -> _Form:
    """A struct of texts: each field of the submitted form by its name, but for what is given."""
    names = [name for name in form.__struct_fields__ if name not in given]
    return form(**given, **{name: field(name) for name in names})


def id_field(name: str) -> int:
    """A row's id in the submitted form; anything else is BadInput."""
    return _id(name, field(name))


def id_fields(name: str) -> list[int]:
    """The ids of rows that were ticked in the submitted form; anything else is BadInput."""
    return [_id(name, given.strip()) for given in request.form.getlist(name)]


def _id(name: str, given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise BadInput(f"{shorten(given)} is no id", where=name, expected="a whole number")
    return int(given)


class Uploaded(Struct, frozen=True):
    """A file of the submitted form; `name` is the sender's, for people only."""

    name: str
    stream: IO[bytes]


def uploaded(name: str) -> Uploaded | None:
    """The file that was chosen, or None."""
    given = request.files.get(name)
    if given is None or not given.filename:
        return None
    return Uploaded(given.filename[:200], given.stream)


def local_path(given: str, default: str = "/") -> str:
    """A path of this site to go on to; whatever leads elsewhere becomes the default."""
    is_local = given.startswith("/") and not given.startswith("//")
    # Browsers read a backslash as a slash and drop tabs and line ends.
    return given if is_local and given.isprintable() and "\\" not in given else default


def next_path(default: str = "/") -> str:
    """Where the reader wanted to go: `next` of the form, or of the address."""
    return local_path(request.form.get("next") or request.args.get("next", ""), default)


def _chosen(name: str, given: str, allowed: Collection[str]) -> str:
    if given not in allowed:
        raise BadInput(
            f"{shorten(given)} is not one of the choices",
            where=name,
            expected=", ".join(allowed),
        )
    return given
