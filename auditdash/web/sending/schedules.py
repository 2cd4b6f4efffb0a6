"""Schedules: the list, the page of one with what comes and what was, and the forms."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.management import schedules as management
from auditdash.reports.orders.kinds import kinds
from auditdash.reports.orders.order import Order, decode_order, order_of
from auditdash.reports.orders.presets import RELATIVE
from auditdash.reports.sections.controls import DEFAULT_FRAMEWORKS, FRAMEWORKS
from auditdash.reports.sending.letter import draw_plain
from auditdash.reports.sending.preview import preview_letter
from auditdash.reports.sending.rhythm import DAYS, EVERY
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import find_run, list_runs_of
from auditdash.store.schedules import Schedule, find_schedule, list_schedules
from auditdash.store.sending.destinations import find_chosen
from auditdash.web import fragments, params, readers
from auditdash.web.frame.zones import named_zones
from auditdash.web.sending.forms import ScheduleForm, plan_of, read_schedule, schedule_form
from auditdash.web.sending.view import coming, places, run_lines, schedule_line

blueprint = Blueprint("schedules", __name__, url_prefix="/reports/schedules")

PATH: Final = "/reports/schedules"
_ONE: Final = "/<int:schedule_id>"
_RUNS: Final = 24
_WORDS: Final = {
    "daily": "Every day",
    "weekly": "Every week",
    "monthly": "Every month",
    "quarterly": "Every quarter",
}


@blueprint.get("")
@readers.needs(Permission.READ)
def index() -> Response:
    """All schedules of the workspace."""
    with reading(readers.engine()) as connection:
        known = list_schedules(connection, readers.reader().workspace.id)
        lines = [schedule_line(connection, each) for each in known]
    return fragments.render("sending/schedules.html", "sending/schedules.html", lines=lines)


@blueprint.get("/new")
@readers.needs(Permission.REPORTS)
def new() -> Response:
    """The form of a new one; `like` is a report whose order it repeats."""
    workspace, number = readers.reader().workspace, params.number("like", 0, 0, 1 << 62)
    form = ScheduleForm(name="Monthly report", zone=workspace.zone, frameworks=DEFAULT_FRAMEWORKS)
    with reading(readers.engine()) as connection:
        like = _like(connection, number)
        if like is not None:
            form = replace(form, kind=like.kind, q=like.query, frameworks=like.frameworks)
        return _form(connection, form, like=number)


@blueprint.post("")
@readers.needs(Permission.REPORTS)
def create() -> Response:
    """Make it, or say what is to be mended."""
    form, number = read_schedule(), _number_field("like")
    try:
        with writing(readers.engine()) as connection:
            plan = plan_of(form, _like(connection, number), readers.reader().person_id)
            made = management.make_schedule(connection, readers.act(), plan, form.destinations)
    except BadInput as error:
        with reading(readers.engine()) as connection:
            return _form(connection, form, error=error, like=number)
    return fragments.see_other(f"{PATH}/{made}")


@blueprint.get(_ONE)
@readers.needs(Permission.READ)
def show(schedule_id: int) -> Response:
    """One schedule: what comes, to whom and in which words, and what became of what was."""
    workspace = readers.reader().workspace
    with reading(readers.engine()) as connection:
        known = _find(connection, schedule_id)
        line = schedule_line(connection, known)
        runs = list_runs_of(connection, workspace.id, known.id, _RUNS)
        slots = coming(known) if line.is_on else []
        letter = preview_letter(connection, readers.settings(), known, readers.now())
        return fragments.render(
            "sending/schedule.html",
            "sending/schedule.html",
            line=line,
            order=decode_order(known.order),
            slots=slots,
            letter=letter,
            plain=draw_plain(letter),
            places=[
                each for each in places(connection, workspace.id) if each.destination in line.to
            ],
            runs=run_lines(connection, workspace.id, runs),
            most=_RUNS,
            kind=kinds()[known.kind].title if known.kind in kinds() else known.kind,
        )


@blueprint.get(f"{_ONE}/edit")
@readers.needs(Permission.REPORTS)
def edit(schedule_id: int) -> Response:
    """The form with what is decided now."""
    with reading(readers.engine()) as connection:
        known = _find_live(connection, schedule_id)
        chosen = find_chosen(connection, known.id)
        form = schedule_form(known, decode_order(known.order), chosen)
        return _form(connection, form, known=known)


@blueprint.post(_ONE)
@readers.needs(Permission.REPORTS)
def change(schedule_id: int) -> Response:
    """Decide otherwise from now on; whoever does so owns it."""
    form = read_schedule()
    try:
        with writing(readers.engine()) as connection:
            known = _find_live(connection, schedule_id)
            plan = plan_of(form, decode_order(known.order), readers.reader().person_id)
            management.edit_schedule(connection, readers.act(), known, plan, form.destinations)
    except BadInput as error:
        with reading(readers.engine()) as connection:
            known = _find(connection, schedule_id)
            return _form(connection, form, known=known, error=error)
    return fragments.see_other(f"{PATH}/{schedule_id}")


@blueprint.post(f"{_ONE}/<any(pause, resume, end):deed>")
@readers.needs(Permission.REPORTS)
def act_on(schedule_id: int, deed: str) -> Response:
    """Pause, resume or end it."""
    deeds = {"pause": management.pause, "resume": management.resume, "end": management.end}
    with writing(readers.engine()) as connection:
        deeds[deed](connection, readers.act(), _find_live(connection, schedule_id))
    return fragments.see_other(f"{PATH}/{schedule_id}")


@blueprint.get(f"{_ONE}/end")
@readers.needs(Permission.REPORTS)
def confirm(schedule_id: int) -> Response:
    """What ends, before it does."""
    with reading(readers.engine()) as connection:
        line = schedule_line(connection, _find_live(connection, schedule_id))
    return fragments.render("sending/end.html", "sending/end.html", line=line)


@blueprint.post(f"{_ONE}/run")
@readers.needs(Permission.REPORTS)
def run(schedule_id: int) -> Response:
    """Make and send its report now, beside its slots."""
    reader = readers.reader()
    with writing(readers.engine()) as connection:
        known = _find_live(connection, schedule_id)
        management.run(connection, readers.act(), known, reader.name or reader.username)
    return fragments.see_other(f"{PATH}/{schedule_id}#history")


def _number_field(name: str) -> int:
    return params.id_field(name) if params.field(name) else 0


def _find(connection: Connection, schedule_id: int) -> Schedule:
    return find_schedule(connection, readers.reader().workspace.id, schedule_id) or abort(404)


def _find_live(connection: Connection, schedule_id: int) -> Schedule:
    known = _find(connection, schedule_id)
    return known if known.ended_at is None else abort(410, "This schedule has ended.")


def _like(connection: Connection, run_id: int) -> Order | None:
    found = find_run(connection, readers.reader().workspace.id, run_id) if run_id else None
    return order_of(found) if found else None


def _form(
    connection: Connection,
    form: ScheduleForm,
    *,
    known: Schedule | None = None,
    error: BadInput | None = None,
    like: int = 0,
) -> Response:
    reader = readers.reader()
    return fragments.render(
        "sending/schedule_form.html",
        "sending/schedule_form.html",
        400 if error else 200,
        form=form,
        known=known,
        error=error,
        like=like,
        kinds=[(name, kind.title) for name, kind in kinds().items()],
        every=[(each, _WORDS[each]) for each in EVERY],
        weekdays=[(number, name) for number, name in enumerate(DAYS, 1)],
        days=[*((number, f"Day {number}") for number in range(1, 32)), (0, "Last day")],
        periods=[("", "The day, week, month or quarter before"), *RELATIVE.items()],
        frameworks=tuple(FRAMEWORKS.items()),
        zones=named_zones(),
        places=places(connection, reader.workspace.id),
        has_mail=bool(readers.settings().sending.smtp_host),
    )
