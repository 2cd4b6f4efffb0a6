"""Baselines of access: what was granted before the log begins, imported, shown and taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from flask import Blueprint, Response, abort
from msgspec import Struct

from auditdash.accounts.roles import Permission
from auditdash.downloads.access_rows import role_text
from auditdash.downloads.orders.access import BaselineLinesOrder, BaselinesOrder
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.ingest.baselines.keep import (
    When,
    check_workspace,
    keep_baseline,
    parse_when,
    remove_baseline,
)
from auditdash.ingest.baselines.lines import COLUMNS, MOST_BYTES, BadBaseline, File, parse_file
from auditdash.queries.access.baselines import EFFECTS, Effects, LineEffect, find_effects
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.rows import open_sight
from auditdash.search.query import Query
from auditdash.store.baselines.rows import Baseline, Line
from auditdash.store.baselines.table import find_baseline, find_baselines, find_file
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.access.asked import PATH, Asked, Moment, read_moment
from auditdash.web.access.view import ODD, NodeView, node_view
from auditdash.web.taking.files import FORM, METHODS, answer_file, frozen_scope

blueprint = Blueprint("baselines", __name__, url_prefix=f"{PATH}/baselines")

_PAGE: Final = "access/baselines.html"
_ONE: Final = "access/baseline.html"
_ROWS: Final = 100
_SHOWN_PROBLEMS: Final = 500
_PREVIEW: Final = 20
_MOST: Final = 1_000_000_000
_SAID: Final = {"adds": "Adds", "confirms": "Confirms", "": "Not in the picture"}


class LineView(Struct, frozen=True, kw_only=True):
    """One line: who had what, and what became of it in words. `meaning` says more of a
    contradiction."""

    number: int
    subject: NodeView
    object: NodeView
    role: str
    effect: str
    said: str
    meaning: str


@blueprint.get("")
@readers.needs(Permission.READ)
def index() -> Response:
    """All baselines, and the form that imports one."""
    readers.record_access("access-baselines")
    return _page()


@blueprint.post("")
@readers.needs(Permission.INTAKE)
def take() -> Response:
    """Import a file, or only tell how it would be understood."""
    act = readers.act()
    given = params.uploaded("file")
    checks_only = params.chosen_field("act", ("check", "import")) == "check"
    try:
        check_workspace(act.workspace)
        if given is None:
            raise BadInput("no file was chosen", where="file", expected="a CSV file")
        when = _when(act.now)
        file = parse_file(given.stream.read(MOST_BYTES + 1), given.name)
        if checks_only:
            return _page(200, preview=_preview(file))
        with writing(readers.engine()) as connection:
            kept = keep_baseline(connection, act, file, when)
    except BadBaseline as error:
        return _page(400, problems=_problems(error.problems))
    except BadInput as error:
        return _page(400, problems=_problems([error]))
    known = "" if kept.is_new else "?known=yes"
    return fragments.see_other(f"{PATH}/baselines/{kept.baseline.id}{known}")


@blueprint.get("/<int:number>")
@readers.needs(Permission.READ)
def show(number: int) -> Response:
    """One baseline: the act, and its lines with what each does; `?line=` opens there, `?known=`
    says that its file came again."""
    effect = params.choice("effect", ("", *EFFECTS), "")
    line, page = params.number("line", 0, 0, _MOST), params.number("page", 1, 1, _MOST)
    baseline = _find(number)
    readers.record_access("access-baselines", which=str(number))
    with reading(readers.engine()) as connection:
        effects = find_effects(connection, open_sight(connection, readers.scope()), baseline)
    places = effects.of_effect(effect)
    if line:
        before = sum(effects.lines[at].line < line for at in places)
        page = before // _ROWS + 1
    start = min((page - 1) * _ROWS, max(0, (len(places) - 1) // _ROWS * _ROWS))
    end = min(start + _ROWS, len(places))
    here = f"{PATH}/baselines/{number}"
    return fragments.render(
        _ONE,
        _ONE,
        200,
        baseline=baseline,
        effect=effect,
        counts=_tally(effects),
        rows=_line_views(effects.iterate(places[start:end])),
        marked=line,
        is_known=params.choice("known", ("", "yes"), "") == "yes",
        here=here,
        note=f"{start + 1:,}–{end:,} of {len(places):,}" if len(places) > _ROWS else "",
        previous=f"{here}?effect={effect}&page={start // _ROWS}" if start else "",
        following=f"{here}?effect={effect}&page={start // _ROWS + 2}" if end < len(places) else "",
    )


@blueprint.post("/<int:number>/remove")
@readers.needs(Permission.INTAKE)
def remove(number: int) -> Response:
    """Take one out of the picture; it stays listed."""
    _find(number)
    try:
        with writing(readers.engine()) as connection:
            remove_baseline(connection, readers.act(), number)
    except BadInput as error:
        return _page(400, problems=_problems([error]))
    return fragments.see_other(f"{PATH}/baselines")


@blueprint.route(f"/all.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD)
def download(form: str) -> Response:
    """The list of all of them."""
    readers.record_access("access-baseline-file", form=form)
    return answer_file(BaselinesOrder(), form, frozen_scope(), Query())


@blueprint.route(f"/<int:number>/lines.{FORM}", methods=METHODS)
@readers.needs(Permission.DOWNLOAD)
def download_lines(number: int, form: str) -> Response:
    """The lines of one, with what each does."""
    _find(number)
    effect = params.choice("effect", ("", *EFFECTS), "")
    readers.record_access("access-baseline-file", which=str(number), form=form)
    order = BaselineLinesOrder(number=number, effect=effect)
    return answer_file(order, form, frozen_scope(), Query())


@blueprint.get("/<int:number>/file")
@readers.needs(Permission.DOWNLOAD)
def download_file(number: int) -> Response:
    """The file to the byte as it came: its SHA-256 is the one that the act recorded."""
    baseline = _find(number)
    readers.record_access("access-baseline-file", which=str(number))
    with reading(readers.engine()) as connection:
        content = find_file(connection, baseline.id)
    response = Response(content, content_type="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=f"baseline-{number}.csv")
    return response


def _find(number: int) -> Baseline:
    with reading(readers.engine()) as connection:
        found = find_baseline(connection, readers.reader().workspace.id, number)
    if found is None:
        abort(404)
    return found


def _when(now: Instant) -> When:
    """The end of the day of the form, or the minute of it that it names."""
    day, time, zone = params.field("at"), params.field("time"), readers.reader().zone
    if time:
        day = to_rfc3339(read_moment(day, time, readers.clock(), "date").at)
    return parse_when(day, zone, now)


def _page(status: int = 200, **more: object) -> Response:
    with reading(readers.engine()) as connection:
        found = find_baselines(connection, readers.reader().workspace.id)
    return fragments.render(
        _PAGE,
        _PAGE,
        status,
        baselines=found[::-1],
        columns=COLUMNS,
        megabytes=min(MOST_BYTES, readers.settings().max_body_bytes) >> 20,
        at=params.field("at"),
        time=params.field("time"),
        **more,
    )


def _problems(problems: Sequence[BadInput]) -> dict[str, object]:
    shown = [str(each) for each in problems[:_SHOWN_PROBLEMS]]
    return {"shown": shown, "count": len(problems)}


def _preview(file: File) -> dict[str, object]:
    kinds = Counter(each.object_kind for each in file.lines)
    return {
        "name": file.name,
        "count": len(file.lines),
        "kinds": sorted(kinds.items()),
        "rows": [_as_written(each) for each in file.lines[:_PREVIEW]],
    }


def _tally(effects: Effects) -> list[tuple[str, str, str, int]]:
    words = {
        "adds": ("Add to the picture", "what no event tells"),
        "confirms": ("Confirm it", "what stood already by the events, or by another baseline"),
        "contradicts": ("Contradict it", "what the events say otherwise"),
    }
    return [(name, *words[name], count) for name, count in effects.counts.items()]


def _line_views(rows: Iterable[LineEffect]) -> list[LineView]:
    asked = Asked(moment=Moment(at=readers.now()), text="")
    return [_line_view(each, asked) for each in rows]


def _line_view(row: LineEffect, asked: Asked) -> LineView:
    written = _as_written(row.line)
    title, meaning = ODD[row.contradiction] if row.contradiction else ("", "")
    return LineView(
        number=written.number,
        subject=node_view(row.subject, asked) if row.subject else written.subject,
        object=node_view(row.object, asked) if row.object else written.object,
        role=written.role,
        effect=row.effect,
        said=title or _SAID[row.effect],
        meaning=meaning,
    )


def _as_written(line: Line) -> LineView:
    """A line without what it does, and without links."""
    bare = Asked(moment=Moment(at=readers.now()), text="")
    thing = Node(line.object_kind, line.object_id, line.object_name)
    views = [
        node_view(node, bare)
        for node in (Node(line.subject_kind, line.subject_id, line.subject_name), thing)
    ]
    subject, of = (NodeView(each.label, each.noun, "") for each in views)
    return LineView(
        number=line.line,
        subject=subject,
        object=of,
        role=role_text(line.role, thing),
        effect="",
        said="",
        meaning="",
    )
