"""Addresses are hidden from all but admins; to reveal them is an act, and the log tells of it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort

from auditdash.accounts.roles import Permission
from auditdash.management import members as management
from auditdash.store.engine import writing
from auditdash.web import fragments, params, readers

blueprint = Blueprint("addresses", __name__, url_prefix="/settings/addresses")

_PAGE: Final = "members/addresses.html"


@blueprint.get("")
@readers.needs(Permission.READ, scoped=True)
def page() -> Response:
    """Whether this reader sees addresses, and the form that reveals them."""
    return fragments.render(
        _PAGE,
        _PAGE,
        200,
        may_reveal=_may_reveal(),
        until=readers.reader().membership.revealed_until,
        next_path=params.next_path("/timeline"),
    )


@blueprint.post("/reveal")
@readers.needs(Permission.READ, scoped=True)
def reveal() -> Response:
    """Show them for an hour."""
    if not _may_reveal():
        abort(403, "Addresses stay hidden from you: an admin can change that (Settings, Members).")
    with writing(readers.engine()) as connection:
        management.reveal_addresses(
            connection, readers.act(), readers.reader().membership, params.field("reason")
        )
    return fragments.see_other(params.next_path("/timeline"))


@blueprint.post("/hide")
@readers.needs(Permission.READ, scoped=True)
def hide() -> Response:
    """Hide them again."""
    with writing(readers.engine()) as connection:
        management.hide_addresses(connection, readers.act(), readers.reader().membership)
    return fragments.see_other(params.next_path("/timeline"))


def _may_reveal() -> bool:
    membership = readers.reader().membership
    return membership.limits.addresses and membership.role.addresses != "shown"
