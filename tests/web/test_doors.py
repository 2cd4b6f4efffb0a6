"""Every view says what it needs; the door asks the reader's role before the view runs."""

from flask import Flask

from auditdash.accounts.roles import Permission
from tests.databases import ON_SQLITE


def undeclared(app: Flask) -> list[str]:
    """Views of pages that say neither that they are public nor what a reader needs for them."""
    return [
        endpoint
        for endpoint, view in app.view_functions.items()
        if view.__module__.startswith("auditdash.web.")
        and not getattr(view, "is_public", False)
        and not isinstance(getattr(view, "needs", None), Permission)
    ]


@ON_SQLITE
def test_every_view_says_what_a_reader_needs(app: Flask) -> None:
    assert undeclared(app) == []


@ON_SQLITE
def test_a_view_that_says_nothing_is_seen(app: Flask) -> None:
    def show() -> str:
        return "everything"

    show.__module__ = "auditdash.web.new"
    app.add_url_rule("/new", view_func=show)
    assert undeclared(app) == ["show"]
