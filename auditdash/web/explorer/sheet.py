"""How to search: examples from the reader's own events, the fields, the keys."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from msgspec import Struct

from auditdash.accounts.roles import Permission
from auditdash.queries.explore.examples import find_examples
from auditdash.search.help.offers import fields_for
from auditdash.search.help.sentence import describe
from auditdash.search.parse import parse
from auditdash.search.scope import Clock
from auditdash.store.engine import reading
from auditdash.web import fragments, params, readers
from auditdash.web.frame.question import link

blueprint = Blueprint("help", __name__)

_VIEW: Final = "/timeline"
# For a workspace in which nothing has happened yet.
_INVENTED: Final = (
    "actor:bob",
    "is:export actor:bob",
    "entity:payroll is:permission",
    "subject:analysts",
    "role:manage op:grant",
    "created:>=now-7d -source:auditdash",
    "-ip:10.0.0.0/8",
    "actor:bob OR subject:bob",
    '"quarterly revenue"',
    "action:collection sort:created-asc",
)
KEYS: Final = (
    (("/",), "go to the search box"),
    (("?",), "open this sheet"),
    (("↓", "↑"), "choose among the suggestions"),
    (("Tab",), "take the chosen suggestion"),
    (("Enter",), "search; on an event: open it"),
    (("Esc",), "close the suggestions, a menu, this sheet"),
    (("j", "k"), "go to the next or the previous event"),
)


class Example(Struct, frozen=True, kw_only=True):
    """A query that runs at `href`, and what it asks."""

    text: str
    said: str
    href: str


@blueprint.get("/timeline/help")
@readers.needs(Permission.READ, scoped=True)
def show() -> Response:
    """The page; for HTMX what the sheet shows."""
    with reading(readers.engine()) as connection:
        found = find_examples(connection, readers.scope(), readers.clock())
    if found:
        readers.record_access("examples")
    path = params.next_path(_VIEW).partition("?")[0]
    return fragments.render(
        "help/page.html",
        "help/_help.html",
        own=bool(found),
        examples=[_example(text, path, readers.clock()) for text in found or _INVENTED],
        fields=fields_for(""),
        keys=KEYS,
        back=link(path, params.query_text()),
    )


def _example(text: str, path: str, clock: Clock) -> Example:
    return Example(text=text, said=describe(parse(text), clock), href=link(path, text))
