"""What the sections of every kind should say, made again from the attachments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from auditdash.events.instants import parse_zone
from auditdash.events.periods import Period
from auditdash.reports.exceptions.rules import rules
from auditdash.search.period import period_text
from tests.reports.received import Paper, Row, read_instant, read_rows, span_text
from tests.reports.tracing.words import name_of, printed, said, when

_UTC = ZoneInfo("UTC")


def trace_cover(paper: Paper) -> Iterator[str]:
    """The period, by UTC too, when and how it was made, and where each section begins."""
    question, made = paper.manifest["question"], paper.manifest["made_at"]
    for zone in dict.fromkeys((paper.zone, _UTC)):
        first, last = (paper.moment(question[each], zone) for each in ("start", "end"))
        yield said(first, "until before", last)
    yield said("Made at", paper.moment(made))
    if paper.zone.key != "UTC":
        yield said(paper.moment(made, _UTC))
    yield said("Report", paper.manifest["report"])
    yield said("auditdash", paper.manifest["software"]["auditdash"])
    unit = paper.manifest["lines"]
    yield said(unit.capitalize(), f"{len(paper.rows):,},")
    yield said(paper.period())
    if not paper.of_events:
        yield said("As of", paper.moment(question["moment"]))
    for name, title in paper.manifest["sections"].items():
        yield said(title, paper.starts[name])


def trace_exceptions(paper: Paper) -> Iterator[str]:
    """Each rule with its lines."""
    counts = paper.manifest["exceptions"]["by_rule"]
    assert counts == {rule: len(paper.ruled(rule)) for rule in counts}
    number = "seq" if paper.of_events else "line"
    yield said("Together", len(paper.exceptions))
    yield said("has all", len(paper.exceptions), "of them")
    yield said("They are", len({row[number] for row in paper.exceptions}), "different")
    known = {rule.name: rule for rule in rules()}
    for rule, count in counts.items():
        yield rf"{paper.page(*known[rule].sections)} {count:,}"
        rows = paper.ruled(rule)
        for row in rows[:60]:
            yield _exception(paper, row)
        if rows:
            yield said(f"{rows[0]['title']}:", count)
            yield from filter(None, [printed(count, 60)])


def _exception(paper: Paper, row: Row) -> str:
    if not paper.of_events:
        since = when(paper.local(row, "since")) if row["since"] else "not recorded"
        event = f"event {int(row['given_seq']):,}" if row["given_seq"] else ""
        by, thing = row["given_by"] or "nobody named", row["object"] or "not named"
        told = (row["role"], row["note"], thing)
        whose = f"for {row['subject']}" if row["subject"] else ""
        return said(since, by, *told, whose, int(row["line"]), event)
    role = f"role {row['role']}" if row["role"] else ""
    whose = f"for {row['subject']}" if row["subject"] else ""
    return said(
        *(when(paper.local(row)), row["actor"] or "nobody named", paper.label(row["action"])),
        *(role, row["note"], row["entity"] or "not named", whose, int(row["seq"]), row["id"]),
    )


def trace_controls(paper: Paper) -> Iterator[str]:
    """Each control with its actions."""
    events = Counter(row["action"] for row in paper.rows)
    odd = Counter({row["seq"]: row["action"] for row in paper.exceptions}.values())
    for framework in paper.manifest["controls"]:
        for control in framework["controls"]:
            actions = control["actions"]
            assert actions == {name: events[name] for name in actions}
            count, odds = sum(actions.values()), sum(odd[name] for name in actions)
            assert (control["events"], control["exceptions"]) == (count, odds)
            occurred = sum(bool(number) for number in actions.values())
            shown = [said(paper.label(name), events[name]) for name in actions][:occurred]
            first = " · ".join([*shown[:4]]) + " " if count else ""
            if not count:
                tail = rf"None of {len(actions)} mapped actions? occurred\."
            elif occurred > 4:
                tail = rf"and {occurred - 4} more of {len(actions)} mapped actions?"
            else:
                tail = rf"{occurred} of {len(actions)} mapped actions? occurred"
            where = "|".join(str(number) for number in paper.starts.values())
            found = rf"{first}{tail} {count:,} {odds:,}( page ({where}))+"
            yield rf"{re.escape(control['control'])} {found}"


def trace_sample(paper: Paper) -> Iterator[str]:
    """The draw, made again."""
    report, order = paper.manifest["report"], paper.order
    nonce = order["nonce"] or sha256(paper.files["population.csv"]).hexdigest()[:32]
    number = "seq" if paper.of_events else "line"
    every = sorted(
        (sha256(f"{nonce}:{report}:{row[number]}".encode()).hexdigest(), row[number])
        for row in paper.rows
    )
    size = min(order["sample"], len(every))
    yield said("Size", size, "of", len(every), paper.manifest["lines"])
    if size < order["sample"]:
        yield said("a sample has", order["sample"], "where")
    yield said("Nonce", nonce)
    yield said(f"{nonce}:{report}:", "followed")
    given = f"--nonce {nonce}" if order["nonce"] else ""
    sized = f"--size {order['sample']}" if order["sample"] != 25 else ""
    yield said("--report", report, given, sized)
    yield said("printf", f"{nonce}:{report}:NUMBER")
    assert [(row["draw_sha256"], row[number]) for row in paper.sample] == every[:size]
    for place, row in enumerate(paper.sample, 1):
        yield said(place, *_drawn(paper, row), f"{row['draw_sha256'][:16]}…")


def _drawn(paper: Paper, row: Row) -> tuple[object, ...]:
    if paper.of_events:
        who, what = name_of(row, "actor") or "nobody named", paper.label(row["action"])
        entity = name_of(row, "entity")
        return (when(paper.local(row)), who, what, entity, int(row["seq"]), row["id"])
    since = when(paper.local(row, "since")) if row["since"] else "–"
    event = f"event {int(row['given_seq']):,}" if row["given_seq"] else ""
    whose, thing = name_of(row, "subject") or "nobody named", name_of(row, "object")
    return (since, whose, row["role"], thing, int(row["line"]), event)


def trace_coverage(paper: Paper) -> Iterator[str]:
    """Each feed with its gaps, and where the events came from."""
    question = paper.manifest["question"]
    for feed in paper.manifest["coverage"]:
        yield said(f"{feed['feed']}:", f"{feed['percent']:.1f}", "% of the period")
        yield said(paper.moment(feed["start"]), "until before", paper.moment(feed["end"]))
        if read_instant(feed["begins_at"]) > read_instant(feed["start"]):
            yield said("Archive begins", f"{paper.moment(feed['begins_at'])};")
        yield said("Windows fetched", feed["windows"])
        yield said("Gaps", len(feed["gaps"]))
        if feed["echoes_expected"]:
            yield said(feed["echoes_seen"], "of", feed["echoes_expected"], "recent")
        for gap in feed["gaps"][:200]:
            length = span_text(gap["start"], gap["end"])
            yield said(paper.moment(gap["start"]), paper.moment(gap["end"]), length)
        assert read_instant(feed["start"]) == read_instant(question["start"])
    for each in paper.manifest.get("deliveries", []):
        first, last = (paper.local(each, f"{name}_received_at") for name in ("first", "last"))
        source, many = each["source"], each["deliveries"]
        yield said(each["name"], source, many, when(first), when(last), each["count"])
    if paper.of_events and paper.rows:
        together = sum(each["count"] for each in paper.manifest["deliveries"])
        yield said("Together", together)
        assert together == len(paper.rows)


def trace_evidence(paper: Paper) -> Iterator[str]:
    """The run, what was asked, the population, the totals, the files."""
    told, question = paper.manifest, paper.manifest["question"]
    yield said("Report", told["report"])
    yield said("Run at", paper.moment(told["made_at"]), told["made_at"])
    yield said("Version", told["software"]["auditdash"]) + "(, commit)?"
    yield from filter(None, [said(told["software"]["commit"])])
    yield said("database", told["software"]["tzdata"])
    for each in told["parameters"]:
        yield said(each["name"], each["value"], each["default"])
    yield from _totals(paper) if paper.of_events else _grants(paper)
    for feed in told["coverage"]:
        gaps = len(feed["gaps"])
        where = rf"; each on {paper.page('coverage')}" if paper.of_events else ""
        yield rf"{feed['percent']:.1f} % of the period, {gaps:,} gaps?{where}"
    if not told["coverage"] and paper.of_events and paper.has("coverage"):
        yield rf"See {paper.page('coverage')}"
    count = len(paper.rows)
    yield said("has all", count, "rows;")
    yield said("Rows of population.csv", count)
    for name, content in paper.files.items():
        rows, size = len(read_rows(content)), len(content)
        yield said(name, rows, "rows and a header,", size, "bytes")
        yield said(sha256(content).hexdigest())
    yield from (
        rf"{place}\. The {word}" for place, word in ((1, "rows"), (2, "numbers"), (3, "source"))
    )
    if question["moment"]:
        yield said("as of", paper.moment(question["moment"]))
        yield said("Moment", paper.moment(question["moment"]), question["moment"])


def _grants(paper: Paper) -> Iterator[str]:
    yield said("The population Grants", f"{len(paper.rows):,}:")
    yield said("the numbers 1 to", paper.manifest["question"]["highest_seq"])
    kinds = Counter(row["object_kind"] for row in paper.rows)
    assert paper.manifest["numbers"]["by_kind"] == kinds
    for kind, number in kinds.items():
        yield said("On a", kind, number)
    yield said("Since when is not recorded", sum(not row["since"] for row in paper.rows))


def _totals(paper: Paper) -> Iterator[str]:
    question, numbers = paper.manifest["question"], paper.manifest["numbers"]
    yield said("The whole query", question["query"])
    yield re.escape(period_text(Period(paper.start, paper.end), parse_zone(paper.zone.key)))
    count = len(paper.rows)
    for label, place in (("First event", 0), ("Last event", -1)):
        if paper.rows:
            at = paper.rows[place]["occurred_at"]
            yield said(label, paper.moment(at), at)
    yield said("The population Events", count)
    seqs = [int(row["seq"]) for row in paper.rows]
    if seqs:
        yield said("Event numbers", min(seqs), "to", f"{max(seqs):,}.")
    yield said("workspace was", f"{question['highest_seq']:,}:")
    where = f"; each action on {paper.page('categories')}" if paper.has("categories") else ""
    yield said("Sum over all actions", count) + where
    yield said("Sum over all days", f"{count:,};")
    yield said(numbers["late_events"], "of these came more than")
    assert numbers["late_events"] == len(paper.ruled("late"))
    refused = f"{numbers['conflicting_records']:,} conflicting and {numbers['rejected_records']:,}"
    on = f"; each on {paper.page('intake')}" if paper.has("intake") else ""
    yield said(refused, "rejected") + on
    yield from _days(paper)
    for each in paper.manifest["received"]:
        names = ("deliveries", "received", "added", "known", "conflicting", "rejected")
        assert each["received"] == sum(each[name] for name in names[2:])
        yield said(each["source"], *(each[name] for name in names))


def _days(paper: Paper) -> Iterator[str]:
    question = paper.manifest["question"]
    days = Counter(paper.local(row).date() for row in paper.rows)
    told = {day.isoformat(): count for day, count in days.items()}
    assert told == paper.manifest["numbers"]["by_day"]
    first = read_instant(question["start"]).astimezone(paper.zone).date()
    last = (read_instant(question["end"]) - timedelta(microseconds=1)).astimezone(paper.zone).date()
    monday = min(days, default=date.max) - timedelta(days=min(days, default=date.max).weekday())
    while days and monday <= max(days):
        week = [monday + timedelta(days=number) for number in range(7)]
        cells = [days[day] if first <= day <= last else "–" for day in week]
        yield said(monday.isoformat(), *cells, sum(days[day] for day in week))
        monday += timedelta(days=7)
    if days:
        yield said("Together", len(paper.rows))


def trace_signoff(paper: Paper) -> Iterator[str]:
    """Which report is signed."""
    yield said("It is", paper.manifest["report"], "on", f"{paper.period()},")
    yield said(sha256(paper.files["population.csv"]).hexdigest()[:16]) + "…"
