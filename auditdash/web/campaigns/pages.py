"""Access reviews: all of them, a new one, and one with its lines to decide on."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.downloads.orders.campaigns import CampaignOrder
from auditdash.events.errors import BadInput
from auditdash.management.reviewing.begin import Plan, begin_review, close_review, plan_review
from auditdash.management.reviewing.decide import (
    Choice,
    decide,
    find_own,
    find_to_decide,
    hand_over,
)
from auditdash.management.reviewing.reviewers import (
    Reviewer,
    choose_reviewers,
    find_reviewers,
)
from auditdash.search.query import Query
from auditdash.store.campaigns.lines import Which, find_some
from auditdash.store.campaigns.rows import Campaign
from auditdash.store.campaigns.table import (
    count_decided,
    count_waiting,
    find_campaign,
    list_campaigns,
)
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.campaigns import one
from auditdash.web.campaigns.form import ReviewForm, new_form, read_form, wanted_by
from auditdash.web.campaigns.shown import PATH, Shown, read_shown, shown_of_form
from auditdash.web.taking.files import FORM, METHODS, answer_file, frozen_scope

blueprint = Blueprint("campaigns", __name__, url_prefix=PATH)

_ONE: Final = "/<int:number>"
_LIST: Final = "campaigns/page.html"
_SHOW: Final = "campaigns/one.html"
_NEW: Final = "campaigns/form.html"
_ON_PAGE: Final = 50
_MOST_PAGES: Final = 1_000_000


@blueprint.get("")
@readers.needs(Permission.SEE_REVIEWS)
def index() -> Response:
    """All reviews of the workspace, the newest first."""
    reader, page = readers.reader(), params.number("page", 1, 1, _MOST_PAGES)
    with reading(readers.engine()) as connection:
        start = (page - 1) * _ON_PAGE
        found, count = list_campaigns(connection, reader.workspace.id, start=start, most=_ON_PAGE)
        numbers = [each.id for each in found]
        decided = count_decided(connection, numbers)
        waiting = count_waiting(connection, numbers, reader.person_id)
    return fragments.render(
        _LIST,
        _LIST,
        reviews=[(each, decided.get(each.id, 0), waiting.get(each.id, 0)) for each in found],
        previous=f"{PATH}?page={page - 1}" if page > 1 else "",
        following=f"{PATH}?page={page + 1}" if start + _ON_PAGE < count else "",
    )


@blueprint.get("/new")
@readers.needs(Permission.REVIEW)
def new() -> Response:
    """The form; `?q=`, `?on=` and `?time=` as on the page of access."""
    return _form(new_form())


@blueprint.post("")
@readers.needs(Permission.REVIEW)
def create() -> Response:
    """Begin it, or only tell what would be asked of whom."""
    form = read_form()
    checks_only = params.chosen_field("act", ("check", "begin")) == "check"
    try:
        wanted = wanted_by(form, readers.clock())
        with reading(readers.engine()) as connection:
            reviewers = choose_reviewers(_candidates(connection), form.reviewers)
            scope, clock = readers.scope(), readers.clock()
            plan = plan_review(connection, scope, clock, wanted, reviewers)
        if checks_only:
            return _form(form, plan=plan)
        with writing(readers.engine()) as connection:
            number = begin_review(connection, readers.act(), plan)
    except BadInput as error:
        return _form(form, error=error)
    return fragments.see_other(f"{PATH}/{number}")


@blueprint.get(_ONE)
@readers.needs(Permission.SEE_REVIEWS)
def show(number: int) -> Response:
    """One of them: how far it is, and its lines, page by page."""
    shown = read_shown()
    readers.record_access("access-review", which=str(_find(number).id))
    return _shown(number, shown)


@blueprint.post(f"{_ONE}/decide")
@readers.needs(Permission.REVIEW)
def decide_lines(number: int) -> Response:
    """One decision on the lines that are ticked, or on the one that the form is of."""
    campaign, shown = _find(number), shown_of_form()
    choice = Choice(
        decision=params.field("decision"),
        to_role=params.field("to_role"),
        reason=params.field("reason"),
    )
    numbers, me = params.id_fields("line"), _me()
    try:
        with reading(readers.engine()) as connection:
            lines = find_to_decide(connection, readers.scope(), campaign, numbers, me)
        with writing(readers.engine()) as connection:
            decide(connection, readers.act(), number, lines, choice, me.person_id)
    except BadInput as error:
        return _shown(number, shown, error, typed=choice, at=numbers)
    return fragments.see_other(shown.href(number, _anchor(numbers)))


@blueprint.post(f"{_ONE}/hand-over")
@readers.needs(Permission.REVIEW)
def give(number: int) -> Response:
    """Ask another reviewer about the lines that are ticked."""
    campaign, shown = _find(number), shown_of_form()
    numbers = params.id_fields("line")
    try:
        with reading(readers.engine()) as connection:
            chosen = [params.id_field("reviewer")] if params.field("reviewer") else []
            (to,) = choose_reviewers(_candidates(connection), chosen)
            lines = find_some(connection, Which(campaign_id=number), numbers)
            own = find_own(connection, readers.scope(), campaign, lines, to)
        if own:
            raise BadInput(f"line {min(own):,} is about the access of {to.name}", where="reviewer")
        with writing(readers.engine()) as connection:
            hand_over(connection, readers.act(), number, numbers, to)
    except BadInput as error:
        return _shown(number, shown, error, at=numbers)
    return fragments.see_other(shown.href(number, _anchor(numbers)))


@blueprint.post(f"{_ONE}/close")
@readers.needs(Permission.REVIEW)
def close(number: int) -> Response:
    """Nothing is decided any more."""
    campaign = _find(number)
    try:
        with writing(readers.engine()) as connection:
            undecided = campaign.lines - count_decided(connection, [number]).get(number, 0)
            close_review(connection, readers.act(), number, undecided)
    except BadInput as error:
        return _shown(number, Shown(), error)
    return fragments.see_other(f"{PATH}/{number}")


@blueprint.route(f"{_ONE}/lines.{FORM}", methods=METHODS)
@readers.needs(Permission.SEE_REVIEWS)
def download(number: int, form: str) -> Response:
    """All lines, with the decisions and what was done."""
    readers.record_access("access-review-file", which=str(_find(number).id), form=form)
    return answer_file(CampaignOrder(number=number), form, frozen_scope(), Query())


def _find(number: int) -> Campaign:
    with reading(readers.engine()) as connection:
        found = find_campaign(connection, readers.reader().workspace.id, number)
    return found or abort(404)


def _candidates(connection: Connection) -> list[Reviewer]:
    reader = readers.reader()
    also = reader.person_id if reader.may(Permission.REVIEW) else None
    return find_reviewers(connection, reader.workspace.id, readers.now(), also)


def _me() -> Reviewer:
    reader = readers.reader()
    return Reviewer(person_id=reader.person_id, username=reader.username, name=reader.name)


def _anchor(numbers: list[int]) -> str:
    return f"line-{numbers[0]}" if len(numbers) == 1 else "lines"


def _shown(
    number: int,
    shown: Shown,
    error: BadInput | None = None,
    *,
    typed: Choice | None = None,
    at: list[int] | None = None,
) -> Response:
    """The page; `typed` is what could not be taken, of the lines `at`."""
    campaign, clock, me = _find(number), readers.clock(), _me()
    may = readers.reader().may(Permission.REVIEW) and campaign.closed_at is None
    with reading(readers.engine()) as connection:
        told = one.look(connection, readers.scope(), clock, campaign, shown, me, may=may)
        candidates = _candidates(connection) if may else []
    return fragments.render(
        _SHOW,
        _SHOW,
        400 if error else 200,
        **told,
        candidates=[(each.person_id, f"{each.name} ({each.username})") for each in candidates],
        error=error,
        typed=typed or Choice(decision=""),
        ticked=at or [],
    )


def _form(form: ReviewForm, plan: Plan | None = None, error: BadInput | None = None) -> Response:
    with reading(readers.engine()) as connection:
        candidates = _candidates(connection)
    return fragments.render(
        _NEW, _NEW, 400 if error else 200, form=form, plan=plan, error=error, candidates=candidates
    )
