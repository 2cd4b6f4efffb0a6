"""The stories planted in the demo workspace, each for a reader to find. docs/demo.md tells them.

Each is put on the world's calendar before it begins, counted back from the end.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from itertools import product

from auditdash.events.instants import MINUTE, Instant
from auditdash.events.periods import local_date, midnight
from auditdash.ingest.sources.lumenworks import access, cast, work
from auditdash.ingest.sources.lumenworks.calendar import working_day_before
from auditdash.ingest.sources.lumenworks.world import Act, Person, Report, World

OUTSIDER = "m.holt@brightpath-advisors.example"
STRANGE_ADDRESS = "203.0.113.207"
NEW_ACTION = "report_activity_ai_summary_added"
EMPTIED_GROUP = "Month-end Close"
TOKEN = "nightly-etl"  # noqa: S105 (the name of a token, not one)
_BURST, _NINE = 180, 9
_DAY = timedelta(days=1)
_PAPERS = (
    "Payroll register", "Salaries by grade", "Bonus plan", "Bank details check", "Overtime",
    "Tax withholding", "Pension contributions", "Equity grants", "Severance", "Gehaltsabrechnung",
)  # fmt: skip
_PLACES = ("US", "UK", "DE")


def plan_stories(world: World, first: date) -> None:
    """Put every story on the calendar of a world that opens on day `first`."""
    last = local_date(world.until, world.people[cast.ANALYST].zone)
    reports: list[Report] = []
    _plan_payroll(world, first, reports)
    _plan_night(world, working_day_before(last, 12), reports)
    _plan_manage_role(world, working_day_before(last, 38))
    _plan_outsider(world, working_day_before(last, 29))
    _plan_emptied_group(world, first, working_day_before(last, 52))
    _plan_token(world, working_day_before(last, 118), working_day_before(last, 61))
    _plan_founder(world, working_day_before(last, 20))
    _plan_new_action(world, (working_day_before(last, 8), working_day_before(last, 3)))


def _at(world: World, day: date, person: Person, minute: float, act: Act) -> None:
    """Let an act happen so many minutes after the midnight of a person's day."""
    world.at(Instant(midnight(day, person.zone) + int(minute * MINUTE)), act)


def _plan_payroll(world: World, first: date, reports: list[Report]) -> None:
    """The everyday of the Payroll connection: one lead, who writes its reports and exports them."""
    marcus, dana = world.people["marcus_okafor"], world.people[cast.PAYROLL_LEAD]
    _at(world, first + 3 * _DAY, marcus, 11 * 60, partial(_open_payroll, world, marcus, dana))
    for number, (paper, place) in enumerate(product(_PAPERS, _PLACES)):
        act = partial(_write_payroll, world, dana, f"{paper} {place}", reports)
        world.on(working_day_before(first + (14 + number) * _DAY, 0), dana, act)
    for month in range(1, 6):
        day = working_day_before(first + (30 * month + 14) * _DAY, 0)
        world.on(day, dana, partial(_close_month, world, dana, reports))


def _open_payroll(world: World, admin: Person, lead: Person) -> None:
    access.give(world, admin, world.asset("Payroll"), lead, "manage")
    collection = access.create_asset(world, admin, "collection", "Payroll reports", steady=True)
    access.give(world, admin, collection, lead, "edit")


def _write_payroll(world: World, lead: Person, name: str, reports: list[Report]) -> None:
    collection, connection = world.asset("Payroll reports"), world.asset("Payroll")
    reports.append(work.write_report(world, lead, name, collection, connection))


def _close_month(world: World, lead: Person, reports: list[Report]) -> None:
    for report in reports[:3]:
        work.export(world, lead, report, "report_exported_csv")


def _plan_night(world: World, day: date, reports: list[Report]) -> None:
    """An analyst is let in to Payroll, and two nights later takes it away from a new address."""
    dana, analyst = world.people[cast.PAYROLL_LEAD], world.people[cast.ANALYST]
    _at(world, day - 2 * _DAY, dana, 17 * 60 + 40, partial(_let_in, world, dana, analyst))
    minutes = sorted(world.rng.uniform(60, 209) for _ in range(_BURST))
    for minute in minutes:
        _at(world, day, analyst, minute, partial(_take, world, analyst, reports, day))
    _at(world, day, analyst, 210, partial(_go_home, analyst))


def _let_in(world: World, lead: Person, analyst: Person) -> None:
    access.give(world, lead, world.asset("Payroll"), analyst, "query")
    access.give(world, lead, world.asset("Payroll reports"), analyst, "view")


def _take(world: World, analyst: Person, reports: list[Report], day: date) -> None:
    analyst.ip, analyst.ip_on = STRANGE_ADDRESS, day
    kind = "report_exported_csv" if world.rng.random() < 0.6 else "sql_exported"
    work.export(world, analyst, world.rng.choice(reports), kind)


def _go_home(analyst: Person) -> None:
    analyst.ip_on = None


def _plan_manage_role(world: World, day: date) -> None:
    """An admin gives himself the Manage role on the Customer Vault, after hours."""
    admin = world.people["tomasz_wilk"]
    act = partial(_give_himself, world, admin)
    _at(world, day, admin, 19 * 60 + 12, act)


def _give_himself(world: World, admin: Person) -> None:
    access.give(world, admin, world.asset("Customer Vault"), admin, "manage")


def _plan_outsider(world: World, day: date) -> None:
    """A sales lead has a weekly report sent to an address outside the firm."""
    lead = world.people[cast.SALES_LEAD]
    _at(world, day, lead, 16 * 60 + 33, partial(_send_outside, world, lead))


def _send_outside(world: World, lead: Person) -> None:
    title = "Discounts by customer, confidential"
    collection = world.asset("Sales – team only")
    report = work.write_report(world, lead, title, collection, world.asset("Salesforce Mirror"))
    work.begin_schedule(world, lead, report)
    work.add_recipient(world, lead, report, OUTSIDER)


def _plan_emptied_group(world: World, first: date, day: date) -> None:
    """A group of nine is emptied within minutes and deleted."""
    admin = world.people["owen_gallagher"]
    _at(world, first + 21 * _DAY, admin, 10 * 60 + 5, partial(_found_group, world, admin))
    for number in range(_NINE):
        minute = 18 * 60 + 42 + number * 0.4
        _at(world, day, admin, minute, partial(_remove_one, world, admin))
    _at(world, day, admin, 18 * 60 + 48, partial(_delete_group, world, admin))


def _found_group(world: World, admin: Person) -> None:
    group = access.create_group(world, admin, EMPTIED_GROUP, steady=True)
    members = [person for person in world.people.values() if person.active and person.weight]
    members.sort(key=lambda person: person.department != "Finance")
    for member in members[:_NINE]:
        member.steady = True
        access.add_to_group(world, admin, group, member)


def _remove_one(world: World, admin: Person) -> None:
    group = world.group(EMPTIED_GROUP)
    access.remove_from_group(world, admin, group, group.members[0])


def _delete_group(world: World, admin: Person) -> None:
    access.delete_group(world, admin, world.group(EMPTIED_GROUP))


def _plan_token(world: World, created: date, lowered: date) -> None:
    """A token for all of the workspace outlives the admin role of its maker."""
    maker, marcus = world.people["rafael_nunes"], world.people["marcus_okafor"]
    _at(world, created, maker, 15 * 60 + 20, partial(access.create_token, world, maker, TOKEN))
    lower = partial(access.change_role, world, marcus, maker, "viewer")
    _at(world, lowered, marcus, 9 * 60 + 47, lower)


def _plan_founder(world: World, day: date) -> None:
    """A founder, whose role was given before the feed began, becomes a plain member."""
    ingrid, priya = world.people["ingrid_solheim"], world.people["priya_raghunathan"]
    step_down = partial(access.change_role, world, ingrid, priya, "member")
    _at(world, day, ingrid, 13 * 60 + 26, step_down)


def _plan_new_action(world: World, days: tuple[date, ...]) -> None:
    """Mode begins to send an action that nobody has heard of."""
    for day, username in zip(days, cast.FOUNDERS, strict=False):
        person = world.people[username]
        _at(world, day, person, 14 * 60 + 3, partial(_use_new_action, world, person))


def _use_new_action(world: World, person: Person) -> None:
    report = world.reports[person.department][-1]
    world.record(NEW_ACTION, person, report, "AI summary added to report", model="summary-1")
