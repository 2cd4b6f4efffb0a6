"""Every number on the pages of a report, made again from its attachments alone.

What a page should say is recomputed from the rows and taken away from its text. Nothing that was
recomputed may be missing, and no digit may be left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.reports.received import SECTIONS, Paper, Row, read_instant, read_rows

# Numbers of the wording, not of the report.
_WORDING = (
    r"RFC \d+|UTF-8|PDF/A-3a|PDF/UA-1|SHA-256|SOC 2 TSC|ISO/IEC 27001:2022|22:00|06:00"
    r"|24 hours|at least 20 (times|exports)|sha256(sum)?|1 for the event|manifest 2"
)

# "nothing recorded before": the day on which the archive begins, which no row of a period tells.
_ARCHIVE = r"\d{1,2} [A-Z][a-z]+ \d{4}"


def untraced(path: Path) -> dict[str, list[str]]:
    """By section: what should be there and is not, and what is left with a digit in it."""
    paper = Paper(path)
    found: dict[str, list[str]] = {}
    for name, text in paper.texts.items():
        expected = sorted(_EXPECTED.get(name, _nothing)(paper), key=len, reverse=True)
        missing, rest = [], text
        for pattern in expected:
            rest, times = re.subn(rf"(?<![\w.,]){pattern}(?![\w])", " ¶ ", rest, count=1)
            missing += [] if times else [f"missing: {pattern}"]
        rest = re.sub(_WORDING, " ", rest)
        left = re.findall(r".{0,30}\d.{0,30}", rest)
        if missing or left:
            found[name] = [*missing, *left]
    return found


def _nothing(_: Paper) -> Iterator[str]:
    return iter(())


def _said(*parts: object) -> str:
    texts = (f"{part:,}" if isinstance(part, int) else str(part) for part in parts)
    return " ".join(re.escape(text) for text in texts if text)


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _moment(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} {moment.tzname()}"


def _name(row: Row, what: str) -> str:
    return row[f"{what}_{'username' if what == 'actor' else 'name'}"] or row[f"{what}_id"]


def _folded(row: Row, what: str) -> str:
    return _name(row, what).casefold()


def _at_night(paper: Paper, row: Row) -> bool:
    hour = (
        read_instant(row["occurred_at"]).astimezone(ZoneInfo(paper.manifest["workspace_zone"])).hour
    )
    return hour >= 22 or hour < 6


def _exports(paper: Paper) -> list[Row]:
    return [row for row in paper.rows if row["op"] == "export"]


def _kind(row: Row) -> str:
    kinds = {"revoke": "Revoked", "remove": "Revoked"}
    kinds |= dict.fromkeys(("grant", "invite", "create"), "Granted")
    return kinds.get(row["op"], "Changed")


def _people(rows: Iterable[Row]) -> int:
    return len({_folded(row, "actor") for row in rows} - {""})


def _printed(count: int, most: int = 500) -> str:
    return _said("Rows printed:", count, "of", f"{count:,}.") if 0 < count <= most else ""


def _cover(paper: Paper) -> Iterator[str]:
    question = paper.manifest["question"]
    start, end = read_instant(question["start"]), read_instant(question["end"])
    for zone in (paper.zone, ZoneInfo("UTC")):
        first, last = start.astimezone(zone), end.astimezone(zone)
        yield _said(_moment(first), "until before", _moment(last))
    made = read_instant(paper.manifest["made_at"])
    yield _said("Made at", _moment(made.astimezone(paper.zone)))
    if paper.zone.key != "UTC":
        yield _said(_moment(made.astimezone(ZoneInfo("UTC"))))
    yield _said("Report", paper.manifest["report"])
    yield _said("auditdash", paper.manifest["software"]["auditdash"])
    yield _said("Events", f"{len(paper.rows):,},")
    yield _said(f"report {start.astimezone(paper.zone):%B %Y}")
    for name, (title, _) in SECTIONS.items():
        yield _said(title, "(IPE)" if name == "evidence" else "", paper.starts[name])


def _result(paper: Paper) -> Iterator[str]:
    numbers = paper.manifest["numbers"]
    exports, nights = _exports(paper), [r for r in _exports(paper) if _at_night(paper, r)]
    unmapped = sum(row["action"] not in paper.catalogue for row in paper.rows)
    refused, conflicts = numbers["rejected_records"], numbers["conflicting_records"]
    yield _said(
        *(len(paper.rows), "Events", _people(paper.rows), "People who acted"),
        *(len(exports), "Data exports", len(paper.of("permission")), "Permission changes"),
        *(len(paper.of("sensitive")), "Sensitive events", unmapped, "Unmapped events"),
        *(refused, "Rejected records", conflicts, "Conflicting records"),
    )
    bursts = [size for *_, size, _ in _bursts(paper)]
    if bursts:
        yield rf"{len(bursts):,} bursts?; the largest {max(bursts):,} by"
    unlike = len(paper.ruled("export-night"))
    if nights:
        zone = paper.manifest["workspace_zone"]
        yield _said(len(nights), "between 22:00 and 06:00,", f"{zone};")
    if unlike:
        yield _said(unlike, "by people who usually work by day")
    met = len({row["rule"] for row in paper.exceptions})
    rules = len(paper.manifest["exceptions"]["by_rule"])
    yield rf"{len(paper.exceptions):,} exceptions? to explain, by {met} of {rules} rules"
    own = len(paper.ruled("own-access")) + len(paper.ruled("own-highest"))
    if own:
        yield rf"{own:,} permission changes? made"
    yield (
        rf"{unmapped:,} unmapped events?, {refused:,} rejected records?, "
        rf"{conflicts:,} conflicting"
    )
    yield paper.month()
    by_label = Counter(
        paper.catalogue.get(row["action"], {}).get("category", "Other") for row in paper.rows
    )
    yield from (_said(label, count) for label, count in by_label.items())
    actors = Counter(_name(row, "actor") for row in paper.rows if _name(row, "actor"))
    yield from (_said(name, count) for name, count in actors.most_common(8))
    # The scale of the chart is no number of the report.
    yield r"(\d[\d,]* )+(\d{1,2} [A-Z][a-z]{2} ?)+"


def _categories(paper: Paper) -> Iterator[str]:
    counts = Counter(row["action"] for row in paper.rows)
    known: dict[str, int] = Counter()
    for action, told in paper.catalogue.items():
        known[told["category"]] += counts[action]
    other = len(paper.rows) - sum(known.values())
    for label, count in known.items():
        yield _said(f"{label}:", count)
    if other:
        yield _said("Other:", other)
    yield _said("All categories together", len(paper.rows))
    for action in {*paper.catalogue, *counts}:
        yield _action_line(paper, action)


def _action_line(paper: Paper, action: str) -> str:
    rows = [row for row in paper.rows if row["action"] == action]
    sensitive = "Sensitive" if paper.catalogue.get(action, {}).get("sensitive") else ""
    if not rows:
        return _said(paper.label(action), sensitive, "0")
    first, last = _when(paper.local(rows[0])), _when(paper.local(rows[-1]))
    return _said(paper.label(action), sensitive, len(rows), _people(rows), first, last)


def _export_part(paper: Paper) -> Iterator[str]:
    exports = _exports(paper)
    nights = [row for row in exports if _at_night(paper, row)]
    people = sorted(exports, key=lambda row: _folded(row, "actor"))
    by_person = [list(rows) for _, rows in groupby(people, lambda row: _folded(row, "actor"))]
    kinds = [name for name, told in paper.catalogue.items() if told["op"] == "export"]
    new = {row["actor"].casefold() for row in paper.ruled("export-first")}
    yield _said(
        *(len(exports), "Exports", len(by_person), "People who exported", len(new)),
        *("For the first time ever", len(nights), "Exports at night"),
    )
    for kind in kinds:
        count = sum(row["action"] == kind for row in exports)
        share = f"{100 * count / len(exports):.1f} %" if exports else ""
        yield _said(paper.label(kind), count, share)
    yield _said("Together", len(exports))
    for rows in by_person:
        name = _name(rows[-1], "actor") or "nobody named"
        dark = sum(_at_night(paper, row) for row in rows)
        told = [sum(row["action"] == kind for row in rows) for kind in kinds]
        reports = len({row["entity_id"] or row["entity_name"] for row in rows})
        yield _said(name) + "( First ever)? " + _said(len(rows), *told, reports, dark)
        if _folded(rows[0], "actor") in new:
            yield _said(name, _when(paper.local(rows[0])), len(rows), dark)
    in_order = sorted(exports, key=lambda row: row["entity_id"] or row["entity_name"])
    grouped = groupby(in_order, lambda row: row["entity_id"] or row["entity_name"])
    by_report = [list(rows) for _, rows in grouped]
    for rows in by_report:
        rows.sort(key=lambda row: (row["occurred_at"], int(row["seq"])))
        dark = sum(_at_night(paper, row) for row in rows)
        people_here = len({_folded(row, "actor") for row in rows})
        last = _when(paper.local(rows[-1]))
        name = _name(rows[-1], "entity") or "not named"
        yield _said(name) + "( First ever)? " + _said(len(rows), people_here, dark, last)
    for actor, first, latest, size, usual in _bursts(paper):
        times = _when(paper.local(first)), _when(paper.local(latest))
        yield _said(actor or "nobody named", *times, size, usual)
    for row in nights:
        yield (
            _said(_when(paper.local(row)), _name(row, "actor") or "nobody named")
            + f"( Works by day)? {_said(row['actor_ip'])} ?"
            + _said(
                _name(row, "entity") or "not named", paper.label(row["action"]), int(row["seq"])
            )
        )
    listed = len(by_person), len(by_report), len(nights), len(new), len(_bursts(paper))
    yield from filter(None, map(_printed, listed))


def _bursts(paper: Paper) -> list[tuple[str, Row, Row, int, str]]:
    """Who, first, last, how many, on a usual day: each has as many exceptions as its note tells."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in paper.ruled("export-burst"):
        found.setdefault((row["actor"], row["note"]), []).append(row)
    bursts = []
    for (actor, note), rows in found.items():
        told = re.fullmatch(r"one of ([\d,]+); (\S+) on a usual day", note)
        assert told is not None
        size = int(told[1].replace(",", ""))
        assert len(rows) % size == 0
        for start in range(0, len(rows), size):
            bursts.append((actor, rows[start], rows[start + size - 1], size, told[2]))
    return bursts


def _permissions(paper: Paper) -> Iterator[str]:
    changes = paper.of("permission")
    own = {row["seq"] for row in (*paper.ruled("own-access"), *paper.ruled("own-highest"))}
    kinds = Counter(map(_kind, changes))
    told = [part for kind in ("Granted", "Changed", "Revoked") for part in (kinds[kind], kind)]
    yield _said(len(changes), "Changes", *told, len(own), "Made to one’s own access")
    for row in (*changes, *(row for row in changes if row["seq"] in own)):
        yield (
            _said(_when(paper.local(row)), _name(row, "actor") or "unknown", row["actor_ip"])
            + r" [^\d]*"
            + _said(paper.label(row["action"]))
            + rf" [^\d]*({_ARCHIVE} )?→ [^\d]*"
            + _said(int(row["seq"]))
        )
    yield from filter(None, [_printed(len(changes))])
    if own:
        yield _said("Of the changes printed below,", f"{len(own):,}.")


def _exception_part(paper: Paper) -> Iterator[str]:
    counts = paper.manifest["exceptions"]["by_rule"]
    assert counts == {rule: len(paper.ruled(rule)) for rule in counts}
    yield _said("Together", len(paper.exceptions))
    yield _said("has all", len(paper.exceptions), "of them")
    yield _said("They are", len({row["seq"] for row in paper.exceptions}), "different")
    pages_of = "|".join(str(number) for number in paper.starts.values())
    for rule, count in counts.items():
        yield rf"page ({pages_of}) {count:,}"
        rows = paper.ruled(rule)
        for row in rows[:60]:
            yield (
                _said(_when(paper.local(row)), row["actor"] or "nobody named")
                + " "
                + _said(paper.label(row["action"]), row["note"], row["entity"] or "not named")
                + (f" for {_said(row['subject'])} " if row["subject"] else " ")
                + _said(int(row["seq"]), row["id"])
            )
        if rows:
            yield _said(f"{rows[0]['title']}:", count)
            yield _printed(count, 60) or _said("the first 60 of", f"{count:,}.")


def _controls(paper: Paper) -> Iterator[str]:
    events = Counter(row["action"] for row in paper.rows)
    odd = Counter({row["seq"]: row["action"] for row in paper.exceptions}.values())
    for framework in paper.manifest["controls"]:
        for control in framework["controls"]:
            actions = control["actions"]
            assert actions == {name: events[name] for name in actions}
            count, odds = sum(actions.values()), sum(odd[name] for name in actions)
            assert (control["events"], control["exceptions"]) == (count, odds)
            occurred = sum(bool(number) for number in actions.values())
            shown = [_said(paper.label(name), events[name]) for name in actions][:occurred]
            said = " · ".join([*shown[:4]]) + " " if count else ""
            if not count:
                tail = rf"None of {len(actions)} mapped actions? occurred\."
            elif occurred > 4:
                tail = rf"and {occurred - 4} more of {len(actions)} mapped actions?"
            else:
                tail = rf"{occurred} of {len(actions)} mapped actions? occurred"
            where = "|".join(str(number) for number in paper.starts.values())
            found = rf"{said}{tail} {count:,} {odds:,}( page ({where}))+"
            yield rf"{re.escape(control['control'])} {found}"


def _sample(paper: Paper) -> Iterator[str]:
    report = paper.manifest["report"]
    nonce = sha256(paper.files["population.csv"]).hexdigest()[:32]
    order = sorted(
        (sha256(f"{nonce}:{report}:{row['seq']}".encode()).hexdigest(), row["seq"])
        for row in paper.rows
    )
    size = min(25, len(order))
    yield _said("Size", size, "of", len(order), "events")
    if size < 25:
        yield _said("a sample has", 25, "where")
    yield _said("Nonce", nonce)
    yield _said(f"{nonce}:{report}:", "followed")
    yield _said("--report", report)
    yield _said("printf", f"{nonce}:{report}:NUMBER")
    assert [(row["draw_sha256"], row["seq"]) for row in paper.sample] == order[:size]
    for number, row in enumerate(paper.sample, 1):
        who, what = _name(row, "actor") or "nobody named", paper.label(row["action"])
        yield _said(
            *(number, _when(paper.local(row)), who, what, _name(row, "entity")),
            *(int(row["seq"]), row["id"], f"{row['draw_sha256'][:16]}…"),
        )


def _intake(paper: Paper) -> Iterator[str]:
    numbers = paper.manifest["numbers"]
    unmapped = {row["action"] for row in paper.rows} - paper.catalogue.keys()
    count = sum(row["action"] in unmapped for row in paper.rows)
    yield _said("does not know:", count, "events")
    yield _said("could not be read:", numbers["rejected_records"])
    yield _said("with other content:", numbers["conflicting_records"])
    yield from (_action_line(paper, action) for action in unmapped)


def _coverage(paper: Paper) -> Iterator[str]:
    for each in paper.manifest["deliveries"]:
        first, last = (paper.local(each, f"{name}_received_at") for name in ("first", "last"))
        source, many = each["source"], each["deliveries"]
        yield _said(each["name"], source, many, _when(first), _when(last), each["count"])
    if paper.rows:
        yield _said("Together", sum(each["count"] for each in paper.manifest["deliveries"]))
        assert sum(each["count"] for each in paper.manifest["deliveries"]) == len(paper.rows)


def _evidence(paper: Paper) -> Iterator[str]:
    told, question = paper.manifest, paper.manifest["question"]
    made = read_instant(told["made_at"])
    yield _said("Report", told["report"])
    yield _said("Run at", _moment(made.astimezone(paper.zone)), told["made_at"])
    yield _said("Version", told["software"]["auditdash"]) + "(, commit)?"
    yield from filter(None, [_said(told["software"]["commit"])])
    yield _said("database", told["software"]["tzdata"])
    for each in told["parameters"]:
        yield _said(each["name"], each["value"], each["default"])
    yield _said("The whole query", question["query"], "Events,") + r" \w+ \d{4}"
    for label, place in (("First event", 0), ("Last event", -1)):
        if paper.rows:
            at = paper.rows[place]["occurred_at"]
            yield _said(label, _moment(paper.local(paper.rows[place])), at)
    count = len(paper.rows)
    seqs = [int(row["seq"]) for row in paper.rows]
    yield _said("The population Events", count)
    if seqs:
        yield _said("Event numbers", min(seqs), "to", f"{max(seqs):,}.")
    yield _said("workspace was", f"{question['highest_seq']:,}:")
    yield _said("has all", count, "rows;")
    yield _said("Rows of population.csv", count)
    yield (
        _said("Sum over all actions", f"{count:,};")
        + f" each action on page {paper.starts['categories']}"
    )
    yield _said("Sum over all days", f"{count:,};")
    yield _said(len(paper.ruled("late")), "of these came more than")
    numbers = told["numbers"]
    refused = f"{numbers['conflicting_records']:,} conflicting and {numbers['rejected_records']:,}"
    yield _said(refused, "rejected; each on page", paper.starts["intake"])
    yield rf"(on|See) page {paper.starts['coverage']}"
    yield from _days(paper)
    for each in told["received"]:
        names = ("deliveries", "received", "added", "known", "conflicting", "rejected")
        assert each["received"] == sum(each[name] for name in names[2:])
        yield _said(each["source"], *(each[name] for name in names))
    for name, content in paper.files.items():
        rows, size = len(read_rows(content)), len(content)
        yield _said(name, rows, "rows and a header,", size, "bytes")
        yield _said(sha256(content).hexdigest())
    yield from (
        rf"{number}\. The {word}" for number, word in ((1, "rows"), (2, "numbers"), (3, "source"))
    )


def _days(paper: Paper) -> Iterator[str]:
    question = paper.manifest["question"]
    days = Counter(paper.local(row).date() for row in paper.rows)
    assert {day.isoformat(): count for day, count in days.items()} == paper.manifest["numbers"][
        "by_day"
    ]
    first = read_instant(question["start"]).astimezone(paper.zone).date()
    last = (read_instant(question["end"]) - timedelta(microseconds=1)).astimezone(paper.zone).date()
    monday = min(days, default=date.max) - timedelta(days=min(days, default=date.max).weekday())
    while days and monday <= max(days):
        week = [monday + timedelta(days=number) for number in range(7)]
        cells = [days[day] if first <= day <= last else "–" for day in week]
        yield _said(monday.isoformat(), *cells, sum(days[day] for day in week))
        monday += timedelta(days=7)
    if days:
        yield _said("Together", len(paper.rows))


def _signoff(paper: Paper) -> Iterator[str]:
    start = read_instant(paper.manifest["question"]["start"]).astimezone(paper.zone)
    yield _said("It is", paper.manifest["report"], f"on {start:%B %Y},")
    yield _said(sha256(paper.files["population.csv"]).hexdigest()[:16]) + "…"


_EXPECTED = {
    "cover": _cover,
    "result": _result,
    "categories": _categories,
    "exports": _export_part,
    "permissions": _permissions,
    "exceptions": _exception_part,
    "controls": _controls,
    "sample": _sample,
    "intake": _intake,
    "coverage": _coverage,
    "evidence": _evidence,
    "signoff": _signoff,
}
