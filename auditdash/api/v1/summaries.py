"""The summaries: exports, and permission changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response
from sqlalchemy import Connection

from auditdash.api.answers import answer_json, answer_table, objects
from auditdash.api.arguments import ASKED, LIMIT, MOST_ROWS, PAGED, ROWS, one_of
from auditdash.api.asked import Walk, check_walk, walk_text
from auditdash.api.call import Call
from auditdash.api.operations import CSV, JSON, NDJSON, Argument, Operation, operation
from auditdash.api.shapes import ChangesAnswer, ExportsAnswer
from auditdash.downloads.cells import Value
from auditdash.downloads.permission_rows import COLUMNS as CHANGES
from auditdash.downloads.permission_rows import cells_of, unknown_text
from auditdash.downloads.summaries.export_rows import (
    PEOPLE,
    REPORTS,
    iterate_people,
    iterate_reports,
)
from auditdash.queries.data_exports import summarise_exports
from auditdash.queries.permission_changes import (
    count_permission_changes,
    find_first_recorded,
    find_permission_changes,
    iterate_permission_changes,
)
from auditdash.search.scope import Clock
from auditdash.store.engine import reading

blueprint = Blueprint("api_summaries", __name__, url_prefix="/api/v1/summaries")

_TABLES: Final = {"people": PEOPLE, "reports": REPORTS}


@blueprint.get("/exports")
@operation(
    Operation(
        name="getExports",
        tag="Summaries",
        summary="Who took data out, and how much more than usual",
        says="The columns are those of the files of the page *Exports*. CSV and NDJSON have the"
        " whole of one `table`.",
        arguments=(
            *ASKED,
            LIMIT,
            Argument(
                name="table",
                says="which one as a file",
                schema=one_of(*_TABLES, default="people"),
            ),
        ),
        answer=ExportsAnswer,
        files=(CSV, NDJSON),
    )
)
def get_exports(call: Call) -> Response:
    """People and reports with most exports first; nights are those of the workspace."""
    table = call.choice("table", _TABLES, "people")
    limit = call.number("limit", 1, MOST_ROWS) or ROWS
    home, form = call.reader.workspace.zone_info, call.form
    query, clock = call.query, call.clock
    with reading(call.reader.installation.engine) as connection:
        scope = call.scope(connection)
        found = summarise_exports(connection, query, scope, clock, home)
        people = objects(PEOPLE, iterate_people(found.people[:limit]))
        reports = objects(REPORTS, iterate_reports(found.reports[:limit]))
    call.record("api-exports", form=form)
    if form != JSON:

        def rows(connection: Connection) -> Iterator[tuple[Value, ...]]:
            whole = summarise_exports(connection, query, scope, clock, home)
            if table == "people":
                return iterate_people(whole.people)
            return iterate_reports(whole.reports)

        return answer_table(call, f"exports-{table}", _TABLES[table], rows)
    return answer_json(
        ExportsAnswer(
            total=found.total,
            at_night=found.nights,
            off_hours=found.off_hours,
            by_action=dict(found.by_action),
            people_count=len(found.people),
            people=people,
            reports_count=len(found.reports),
            reports=reports,
            highest_seq=scope.highest_seq or 0,
        )
    )


@blueprint.get("/permission-changes")
@operation(
    Operation(
        name="getPermissionChanges",
        tag="Summaries",
        summary="Who changed whose access to what, with the role before and after",
        says="The columns are those of the file of the page *Permission changes*. CSV and NDJSON"
        " have all of them.",
        arguments=PAGED,
        answer=ChangesAnswer,
        files=(CSV, NDJSON),
    )
)
def get_permission_changes(call: Call) -> Response:
    """A walk through them is one snapshot, as one through events is."""
    limit = call.number("limit", 1, MOST_ROWS) or ROWS
    walk = check_walk(call.word("after"), call.number("seq", 0, 1 << 62))
    form, reader = call.form, call.reader
    query, clock = call.query, Clock(walk.now, call.clock.zone) if walk else call.clock
    with reading(reader.installation.engine) as connection:
        scope = reader.scope(connection, walk.highest_seq) if walk else call.scope(connection)
        counted = count_permission_changes(connection, query, scope, clock)
        place = walk.place if walk else None
        page = find_permission_changes(connection, query, scope, clock, place, limit)
        unknown = unknown_text(find_first_recorded(connection, scope), clock.zone)
    call.record("api-permission-changes", form=form)
    if form != JSON:

        def rows(connection: Connection) -> Iterator[tuple[Value, ...]]:
            every = iterate_permission_changes(connection, query, scope, clock)
            return (cells_of(change, unknown) for change in every)

        return answer_table(call, "permission-changes", CHANGES, rows)
    highest = scope.highest_seq or 0
    following = walk_text(Walk(page.following, highest, clock.now)) if page.following else None
    found = ChangesAnswer(
        total=counted.total,
        granted=counted.granted,
        revoked=counted.revoked,
        changed=counted.changed,
        own_access=counted.self_made,
        changes=objects(CHANGES, (cells_of(each, unknown) for each in page.changes)),
        next=following,
        highest_seq=highest,
    )
    return answer_json(found, following=following)
