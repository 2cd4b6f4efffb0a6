"""What members do all day in the demo workspace: reports, exports, schedules.

Each function is one act of `actor` on a report that is there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import accumulate

from auditdash.events.instants import MINUTE
from auditdash.ingest.sources.lumenworks import cast
from auditdash.ingest.sources.lumenworks.world import Asset, Person, Report, Schedule, World

_FEW = 14  # reports below which a department rather makes new ones
_IDLE = 0.7  # how often a viewer only looks, of which the feed says nothing
_KEEP = 0.6  # how often an old schedule is changed rather than a new one begun
_FREQUENCIES = ("daily", "weekly", "monthly")
_NOTEBOOKS = {"python": "Python", "r": "R"}
_EXPORTS = {
    "sql_exported": "SQL result exported",
    "report_exported_csv": "report exported as CSV",
    "report_exported_pdf": "report exported as PDF",
}


def write_report(
    world: World, actor: Person, name: str, collection: Asset, connection: Asset
) -> Report:
    """Create a report with its first query and, mostly, a picture."""
    report = Report(id=world.token(), name=name, collection=collection, connection=connection)
    _note(world, "report_created", actor, report, "report created")
    add_query(world, actor, report)
    if world.rng.random() < 0.8:
        add_picture(world, actor, report)
    return report


def create(world: World, actor: Person) -> None:
    """Create a report of the actor's department and come back to it."""
    collections = [
        asset
        for asset in world.assets
        if asset.kind == "collection" and asset.name.startswith(actor.department)
    ]
    if not collections:
        return
    name = _new_title(world, actor.department)
    report = write_report(
        world, actor, name, world.rng.choice(collections), _connection_of(world, actor.department)
    )
    world.reports[actor.department].append(report)
    world.after(MINUTE, 25 * MINUTE, partial(edit, world, actor, report))


def work(world: World, actor: Person) -> None:
    """One act of a member, as chance and the role have it."""
    reports = world.reports[actor.department]
    if not actor.active:
        return
    if len(reports) < _FEW and actor.role != "viewer":
        create(world, actor)
        return
    if not reports or (actor.role == "viewer" and world.rng.random() < _IDLE):
        return
    # Newer reports are worked on more.
    report = reports[int(len(reports) * (1 - world.rng.random() ** 1.7))]
    acts, weights = _VIEWER if actor.role == "viewer" else _MEMBER
    world.rng.choices(acts, cum_weights=weights)[0](world, actor, report)


def edit(world: World, actor: Person, report: Report) -> None:
    """Edit a report, often some more a little later."""
    if report not in world.reports[actor.department] or not actor.active:
        return
    _note(world, "report_edited", actor, report, "report edited")
    if world.rng.random() < 0.35:
        world.after(2 * MINUTE, 30 * MINUTE, partial(edit, world, actor, report))


def _create_more(world: World, actor: Person, report: Report) -> None:
    create(world, actor)


def add_query(world: World, actor: Person, report: Report) -> None:
    """Add a query to a report."""
    report.queries += 1
    _note(world, "sql_added", actor, report, "SQL added to report",
          query_name=f"Query {report.queries}")  # fmt: skip


def _drop_query(world: World, actor: Person, report: Report) -> None:
    if report.queries > 1:
        _note(world, "sql_deleted", actor, report, "SQL deleted from report",
              query_name=f"Query {report.queries}")  # fmt: skip
        report.queries -= 1


def add_picture(world: World, actor: Person, report: Report) -> None:
    """Add a visualization to a report."""
    report.pictures += 1
    kind = world.rng.choice(("bar_chart", "line_chart", "big_number", "table", "pivot_table"))
    _note(world, "visualization_added", actor, report, "visualization added", chart_type=kind)


def _drop_picture(world: World, actor: Person, report: Report) -> None:
    if report.pictures:
        report.pictures -= 1
        _note(world, "visualization_deleted", actor, report, "visualization deleted")


def _add_notebook(world: World, actor: Person, report: Report) -> None:
    kind = "python" if world.rng.random() < 0.75 else "r"
    _note(world, f"{kind}_notebook_added", actor, report, f"{_NOTEBOOKS[kind]} notebook added")


def _move(world: World, actor: Person, report: Report) -> None:
    others = [
        asset
        for asset in world.assets
        if asset.kind == "collection"
        and asset is not report.collection
        and asset.name.startswith(actor.department)
    ]
    if others:
        before, report.collection = report.collection, world.rng.choice(others)
        _note(world, "report_moved", actor, report, "report moved",
              from_collection_name=before.name)  # fmt: skip


def _delete(world: World, actor: Person, report: Report) -> None:
    if report.schedule:
        _end_schedule(world, actor, report)
    world.reports[actor.department].remove(report)
    _note(world, "report_deleted", actor, report, "report deleted")


def export(world: World, actor: Person, report: Report, kind: str) -> None:
    """Take data out: `sql_exported`, `report_exported_csv` or `report_exported_pdf`."""
    context: dict[str, str | None] = {"connection_name": report.connection.name}
    if kind == "sql_exported":
        context["query_name"] = f"Query {world.rng.randint(1, max(1, report.queries))}"
    world.record(f"export_data_{kind}", actor, report, _EXPORTS[kind], **_of(report), **context)


def _export_sql(world: World, actor: Person, report: Report) -> None:
    export(world, actor, report, "sql_exported")


def _export_csv(world: World, actor: Person, report: Report) -> None:
    export(world, actor, report, "report_exported_csv")


def _export_pdf(world: World, actor: Person, report: Report) -> None:
    export(world, actor, report, "report_exported_pdf")


def _schedule(world: World, actor: Person, report: Report) -> None:
    """Whatever can be done to the schedule of a report in its present state."""
    scheduled = [each for each in world.reports[actor.department] if each.schedule]
    if scheduled and world.rng.random() < _KEEP:
        report = world.rng.choice(scheduled)
    if report.schedule is None:
        begin_schedule(world, actor, report)
        return
    acts = (_reschedule, _change_recipients, _change_recipients, _change_channels, _end_schedule)
    world.rng.choices(acts, weights=(30, 25, 25, 14, 6))[0](world, actor, report)


def begin_schedule(world: World, actor: Person, report: Report) -> Schedule:
    """Have a report sent to its author and to a colleague or a channel."""
    report.schedule = Schedule(id=world.token())
    _note_schedule(world, "created", actor, report, frequency=world.rng.choice(_FREQUENCIES))
    add_recipient(world, actor, report, actor.email)
    if world.rng.random() < 0.4:
        _change_channels(world, actor, report)
    else:
        _change_recipients(world, actor, report)
    return report.schedule


def _reschedule(world: World, actor: Person, report: Report) -> None:
    _note_schedule(world, "edited", actor, report, frequency=world.rng.choice(_FREQUENCIES))


def _end_schedule(world: World, actor: Person, report: Report) -> None:
    _note_schedule(world, "deleted", actor, report)
    report.schedule = None


def add_recipient(world: World, actor: Person, report: Report, email: str) -> None:
    """Send a scheduled report to one more address."""
    if report.schedule is not None and email not in report.schedule.emails:
        report.schedule.emails.append(email)
        _note_schedule(world, "user_email_added", actor, report, email=email)


def _change_recipients(world: World, actor: Person, report: Report) -> None:
    emails = report.schedule.emails if report.schedule else []
    if len(emails) > 2 or (emails and world.rng.random() < 0.3):
        email = emails.pop(world.rng.randrange(len(emails)))
        _note_schedule(world, "user_email_removed", actor, report, email=email)
        return
    colleague = world.rng.choice(
        [each for each in world.people.values() if each.active and each.weight]
    )
    add_recipient(world, actor, report, colleague.email)


def _change_channels(world: World, actor: Person, report: Report) -> None:
    channels = report.schedule.channels if report.schedule else []
    if channels:
        name, verb = channels.pop(), "removed"
    else:
        slug = actor.department.casefold().replace(" & ", "-").replace(" ", "-")
        name, verb = f"#{slug}-{world.rng.choice(('daily', 'numbers', 'leads'))}", "added"
        channels.append(name)
    _note_schedule(world, f"channel_{verb}", actor, report, channel_name=name)


def _new_title(world: World, department: str) -> str:
    topic, aspect = world.rng.choice(cast.TOPICS[department]), world.rng.choice(cast.ASPECTS)
    title, copies = f"{topic} {aspect}", 1
    while title in world.titles:
        copies += 1
        title = f"{topic} {aspect} {copies}"
    world.titles.add(title)
    return title


def _connection_of(world: World, department: str) -> Asset:
    names = [name for name, users in cast.CONNECTIONS.items() if department in users]
    return world.asset(world.rng.choice(names))


def _note(
    world: World, verb: str, actor: Person, report: Report, text: str, **context: str
) -> None:
    world.record(f"report_activity_{verb}", actor, report, text, **_of(report), **context)


def _note_schedule(world: World, verb: str, actor: Person, report: Report, **context: str) -> None:
    schedule_id = report.schedule.id if report.schedule else None
    world.record(f"report_schedule_{verb}", actor, report, f"schedule {verb.replace('_', ' ')}",
                 schedule_id=schedule_id, **context)  # fmt: skip


def _of(report: Report) -> dict[str, str]:
    return {"collection_id": report.collection.id, "collection_name": report.collection.name}


_ReportAct = Callable[[World, Person, Report], None]
# What a member does, and how many of 1,000 acts it is.
_WEIGHTS: dict[_ReportAct, int] = {
    edit: 370,
    add_query: 115,
    _drop_query: 45,
    add_picture: 85,
    _drop_picture: 35,
    _create_more: 38,
    _add_notebook: 16,
    _move: 14,
    _delete: 14,
    _export_csv: 100,
    _export_sql: 105,
    _export_pdf: 28,
    _schedule: 30,
}
_VIEWS: dict[_ReportAct, int] = {_export_csv: 60, _export_pdf: 40}
_MEMBER = tuple(_WEIGHTS), tuple(accumulate(_WEIGHTS.values()))
_VIEWER = tuple(_VIEWS), tuple(accumulate(_VIEWS.values()))
