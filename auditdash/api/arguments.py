"""The arguments that several operations share, as the document tells them."""

from __future__ import annotations

from typing import Any, Final

from auditdash.api.call import HIGHEST
from auditdash.api.operations import Argument

MOST_ROWS: Final = 1_000
ROWS: Final = 100


def whole(low: int, high: int, default: int | None = None) -> dict[str, Any]:
    """JSON Schema of a whole number."""
    usual = {} if default is None else {"default": default}
    return {"type": "integer", "minimum": low, "maximum": high, **usual}


def one_of(*words: str, default: str = "") -> dict[str, Any]:
    """JSON Schema of one of these words."""
    usual = {"default": default} if default else {}
    return {"type": "string", "enum": list(words), **usual}


_TEXT: Final[dict[str, Any]] = {"type": "string"}
Q: Final = Argument(
    name="q", says="the search, as in the box", schema=_TEXT, example="category:exports"
)
SEQ: Final = Argument(
    name="seq",
    says="only the events up to this number, as in the address of a frozen view",
    schema=whole(0, HIGHEST),
)
ZONE: Final = Argument(
    name="zone",
    says="the zone of calendar days, such as `Europe/Berlin`",
    schema={**_TEXT, "default": "UTC"},
    example="Europe/Berlin",
)
LIMIT: Final = Argument(
    name="limit", says="how many on a page", schema=whole(1, MOST_ROWS, ROWS), example="20"
)
AFTER: Final = Argument(
    name="after", says="go on behind this place: `next` of the page before", schema=_TEXT
)
ASKED: Final = (Q, SEQ, ZONE)
PAGED: Final = (*ASKED, LIMIT, AFTER)


def text(name: str, says: str, example: str = "") -> Argument:
    """An argument that is any text."""
    return Argument(name=name, says=says, schema=_TEXT, example=example)
