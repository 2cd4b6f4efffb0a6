"""Whether a second factor is required of who reads: until they have one they see nothing else."""

from __future__ import annotations

from flask import Response

from auditdash.web import fragments, readers
from auditdash.web.readers import View

_EVERYBODY = "all"
_PAGE = "/account"


def while_missing(view: View) -> View:
    """Mark a view that can be used before the second factor that is required is there."""
    view.while_missing = True  # type: ignore[attr-defined]  # functions carry attributes
    return view


def is_wanted() -> bool:
    """Whether a password alone is not enough for the reader's role."""
    wanted = readers.settings().second_factor
    return _EVERYBODY in wanted or readers.reader().membership.role.name in wanted


def is_missing() -> bool:
    """Whether it is not enough, and the reader came in by nothing else."""
    return is_wanted() and not readers.reader().session.is_strong


def turn_away(view: object) -> Response | None:
    """None where the view may be used; else the way to what is missing."""
    if readers.reader_or_none() is None or getattr(view, "is_public", False):
        return None
    if getattr(view, "while_missing", False) or not is_missing():
        return None
    return fragments.see_other(_PAGE)
