"""The form of a new access review."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_datetime
from auditdash.management.reviewing.begin import Wanted
from auditdash.search.scope import Clock
from auditdash.store.campaigns.rows import TURN
from auditdash.web import params, readers
from auditdash.web.access.asked import read_moment

_USUAL_DAYS = 14


class ReviewForm(Struct, frozen=True, kw_only=True):
    """As it was typed. Days are those of the reader's zone; without `on` it is now."""

    name: str
    q: str
    on: str
    time: str
    due: str
    rule: str
    reviewers: list[int]


def new_form() -> ReviewForm:
    """What stands in it first: as the address asks, due in two weeks, the reader is asked."""
    today = to_datetime(readers.now(), readers.zone()).date()
    return ReviewForm(
        name=f"Access review of {today:%B %Y}",
        q=params.query_text(),
        on=params.text("on"),
        time=params.text("time"),
        due=(today + timedelta(days=_USUAL_DAYS)).isoformat(),
        rule=TURN,
        reviewers=[readers.reader().person_id],
    )


def read_form() -> ReviewForm:
    """What was sent."""
    return ReviewForm(
        name=params.field("name"),
        q=params.field("q"),
        on=params.field("on"),
        time=params.field("time"),
        due=params.field("due"),
        rule=params.field("rule"),
        reviewers=params.id_fields("reviewers"),
    )


def wanted_by(form: ReviewForm, clock: Clock) -> Wanted:
    """What is decided; BadInput names the field that cannot be. Due is the end of its day, and the
    end of today, as a moment that is reviewed, is now."""
    if not form.due:
        raise BadInput("no day is chosen", where="due", expected="until when it is to be decided")
    at = read_moment(form.on, form.time, clock).at
    is_today = form.on == to_datetime(clock.now, clock.zone).date().isoformat()
    return Wanted(
        name=form.name,
        at=Instant(min(at, clock.now)) if is_today and not form.time else at,
        query=form.q,
        rule=form.rule,
        due_at=read_moment(form.due, "", clock, "due").at,
    )
