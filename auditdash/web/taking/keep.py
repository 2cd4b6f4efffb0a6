"""From a reader's request to a download that a worker makes."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Response, abort
from msgspec import Struct

from auditdash.accounts.memberships import Membership
from auditdash.downloads.files.form import FORMS
from auditdash.downloads.kept.asked import Eyes, KeptAsked, encode_asked
from auditdash.downloads.orders.all import KeptOrder, encode_order
from auditdash.events.errors import BadInput
from auditdash.search.scope import Scope
from auditdash.store.downloads.runs import NewDownload, count_open, insert_download
from auditdash.store.engine import writing
from auditdash.web import fragments, params, readers

PATH: Final = "/downloads"
_MOST_OPEN: Final = 5  # of one person, so that nobody else waits for them alone


def keep(order: Struct, form: str, scope: Scope) -> Response:
    """Queue what was ordered, as this reader sees it now and up to the event it is frozen at; leads
    to their downloads."""
    if not isinstance(order, KeptOrder):
        abort(404)
    reader, zone = readers.reader(), readers.zone()
    asked = KeptAsked(
        query=params.query_text(),
        zone=str(zone),
        now=readers.now(),
        eyes=eyes_of(reader.membership, scope),
        bom=form == "csv" and params.choice("bom", ("", "1"), "") == "1",
    )
    with writing(readers.engine()) as connection:
        if count_open(connection, reader.workspace.id, reader.person_id) >= _MOST_OPEN:
            expected = "fewer at a time: wait for one, or cancel it"
            raise BadInput(f"{_MOST_OPEN} of your downloads are under way", expected=expected)
        insert_download(
            connection,
            NewDownload(
                workspace_id=reader.workspace.id,
                person_id=reader.person_id,
                requested_by=reader.username,
                requested_at=readers.now(),
                form=FORMS[form].ending,
                title=order.title,
                order=encode_order(order),
                asked=encode_asked(asked),
                highest_seq=scope.highest_seq or 0,
            ),
        )
    return fragments.see_other(PATH)


def eyes_of(membership: Membership, scope: Scope) -> Eyes:
    """What a member sees, as it is kept."""
    limits = membership.limits
    return Eyes(
        limited=membership.is_limited,
        query=limits.query if membership.is_limited else "",
        start=limits.period_start,
        end=limits.period_end,
        addresses=scope.addresses,
    )


def new_href(form: str) -> str:
    """The page that offers to make in the background what takes too long for this request."""
    path, mark, arguments = params.address().partition("?")
    csv = f"{path.removesuffix(form)}csv{mark}{arguments}"
    return f"{PATH}/new?{urlencode({'of': csv, 'long': '1'})}"
