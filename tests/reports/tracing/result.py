"""What the result page should say, made again from the attachments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from auditdash.events.instants import DAY, parse_instant, parse_zone
from auditdash.events.periods import Period
from auditdash.queries.changed.compare import KINDS
from auditdash.reports.orders.kinds import Kind, kinds
from auditdash.search.period import period_text
from tests.reports.received import Paper, Row
from tests.reports.tracing.words import (
    at_night,
    bursts,
    exports,
    folded,
    kind_of,
    name_of,
    people,
    said,
)

_TOP = 6
# A line of what changed begins as a bar of the same name does; this follows its number.
_CHANGED = {
    kind.title: "|".join((kind.new_head.casefold(), kind.gone_head.casefold())) for kind in KINDS
}


def trace_result(paper: Paper) -> Iterator[str]:
    """Figures, lights, charts, what changed, what is not covered."""
    yield said(*(each for name in _kind(paper).figures for each in _figure(paper, name)))
    yield from _lights(paper)
    yield from _charts(paper)
    yield from _since(paper)
    for feed in paper.manifest["coverage"]:
        percent, gaps = feed["percent"], len(feed["gaps"])
        yield rf"{percent:.1f} % of the period fetched, {gaps:,} gaps?"
        if gaps:
            yield rf"{100 - percent:.1f} % of the period"
    zone = parse_zone(paper.zone.key)
    if paper.of_events:
        yield re.escape(period_text(Period(paper.start, paper.end), zone))
    else:
        yield said("Access as of", paper.moment(paper.manifest["question"]["moment"]))


def _figure(paper: Paper, name: str) -> tuple[int, str]:
    label, count = _COUNTED[name]
    return count(paper), label


def _lights(paper: Paper) -> Iterator[str]:
    checks = _kind(paper).checks
    sizes = [size for *_, size, _ in bursts(paper)]
    if sizes and "bursts" in checks:
        yield rf"{len(sizes):,} bursts?; the largest {max(sizes):,} by"
    unlike = len(paper.ruled("export-night"))
    nights = sum(at_night(paper, row) for row in exports(paper))
    if nights and "nights" in checks:
        zone = paper.manifest["workspace_zone"]
        yield said(nights, "between 22:00 and 06:00,", f"{zone};")
    if unlike and "nights" in checks:
        yield said(unlike, "by people who usually work by day")
    met = len({row["rule"] for row in paper.exceptions})
    rules = len(paper.manifest["exceptions"]["by_rule"])
    yield rf"{len(paper.exceptions):,} exceptions? to explain, by {met} of {rules} rules"
    own, highest = len(_own(paper)), len(paper.ruled("own-highest"))
    if own and "own-access" in checks:
        yield rf"{own:,} permission changes? made"
    if highest and "own-access" in checks:
        yield said("In", highest, "of them they took")
    if paper.of_events:
        numbers = paper.manifest["numbers"]
        refused, conflicts = numbers["rejected_records"], numbers["conflicting_records"]
        yield (
            rf"{_unmapped(paper):,} unmapped events?, {refused:,} rejected records?, "
            rf"{conflicts:,} conflicting"
        )
    if paper.manifest["kind"] == "tokens":
        there, lowered, away = _tokens(paper)
        yield rf"{there:,} tokens? there"
        yield from (rf"{n:,} of makers who" for n in (lowered, away) if n)
        now, outside = _recipients(paper)
        yield rf"{now:,} recipients? of schedules there, {outside:,} of them outside"
    if not paper.of_events and (unseen := _without(paper, "since")):
        yield rf"Of {unseen:,} grants? nothing"


def _charts(paper: Paper) -> Iterator[str]:
    if not paper.of_events:
        yield from _all_bars(Counter(row["role"] for row in paper.rows))
        yield from _all_bars(Counter(row["object_kind"].capitalize() for row in paper.rows))
        yield from _ages(paper)
        return
    charts = _kind(paper).charts
    months = "|".join(map(re.escape, paper.dates.short_months))
    label = rf"(\d{{1,2}}(er|\.)? )?({months})( \d{{4}})?|\d\d:\d\d|\d{{4}}"
    yield rf"0 (\d[\d,]* )+(({label}) ?)+"
    if "by-category" in charts:
        counts = Counter(
            paper.catalogue.get(row["action"], {}).get("category", "Other") for row in paper.rows
        )
        yield from _all_bars(counts)
    if "by-action" in charts:
        yield from _all_bars(Counter(paper.label(row["action"]) for row in paper.rows))
    yield from _bars(Counter(name_of(row, "actor") for row in paper.rows if folded(row, "actor")))


def _all_bars(counts: Counter[str]) -> Iterator[str]:
    """The longest bars, and one for all others."""
    yield from _bars(counts)
    rest = sum(count for _, count in counts.most_common()[_TOP:])
    if rest:
        yield said("All others", rest)


def _bars(counts: Counter[str]) -> Iterator[str]:
    """The longest bars; which of several of one length is drawn does not matter, and a long name
    may be cut."""
    for _, count in counts.most_common(_TOP):
        names = [name for name, number in counts.items() if number == count]
        changed = "|".join(_CHANGED[name] for name in names if name in _CHANGED)
        after = rf"(?! (?:{changed})\b)" if changed else ""
        yield rf"(?:{'|'.join(map(_cut, names))}) {count:,}{after}"


def _cut(name: str) -> str:
    return rf"{re.escape(name)}|{re.escape(name[:5])}\D{{0,40}}?…"


def _ages(paper: Paper) -> Iterator[str]:
    moment = parse_instant(paper.manifest["question"]["moment"])
    ages: Counter[str] = Counter()
    for row in paper.rows:
        days = (moment - parse_instant(row["since"])) // DAY if row["since"] else None
        ages[_age(days)] += 1
    for name in ("At most 30 days", "31 to 90 days", "91 days to a year", "Longer than a year"):
        yield said(name, ages[name])
    yield said("Not recorded", ages["Not recorded"])


def _age(days: int | None) -> str:
    if days is None:
        return "Not recorded"
    if days <= 30:
        return "At most 30 days"
    if days <= 90:
        return "31 to 90 days"
    return "91 days to a year" if days <= 365 else "Longer than a year"


def _since(paper: Paper) -> Iterator[str]:
    if not paper.of_events:
        told = Counter(row["difference"] for row in paper.listed("differences.csv"))
        words = {"gained": "given", "lost": "taken away", "changed": "with another role"}
        said_of = [said(told[kind], word) for kind, word in words.items() if told[kind]]
        yield ", ".join(said_of)
        yield paper.page("differences")
        return
    if not paper.has("changes"):
        return
    before = Period(*paper.order["before"])
    beside = paper.dates.period_text(before, parse_zone(paper.zone.key))
    report = paper.order["before_report"]
    yield said("Beside", f"{beside} ({report})" if report else beside)
    yield paper.page("changes")
    counts = Counter((row["kind"], row["change"]) for row in paper.listed("changed.csv"))
    for kind in KINDS:
        heads = kind.new_head.casefold(), kind.gone_head.casefold()
        told_of = [(counts[kind.name, head], head) for head in heads]
        texts = [said(count, head) for count, head in told_of if count]
        if texts:
            yield f"{re.escape(kind.title)} {', '.join(texts)}"


def _kind(paper: Paper) -> Kind:
    return kinds()[paper.manifest["kind"]]


def _own(paper: Paper) -> list[Row]:
    return [*paper.ruled("own-access"), *paper.ruled("own-highest")]


def _unmapped(paper: Paper) -> int:
    return sum(row["action"] not in paper.catalogue for row in paper.rows)


def _without(paper: Paper, column: str) -> int:
    return sum(not row[column] for row in paper.rows)


def _different(paper: Paper, what: str) -> int:
    return len(
        {tuple(row[f"{what}_{each}"] for each in ("kind", "name", "id")) for row in paper.rows}
    )


def _changed(paper: Paper, kind: str) -> int:
    return sum(row["difference"] == kind for row in paper.listed("differences.csv"))


def _tokens(paper: Paper) -> tuple[int, int, int]:
    there = [row for row in paper.listed("tokens.csv") if not row["ended_at"]]
    lowered = [row for row in there if row["maker_lost_role_at"]]
    away = [row for row in there if row not in lowered and row["maker_away"] == "yes"]
    return len(there), len(lowered), len(away)


def _recipients(paper: Paper) -> tuple[int, int]:
    there = [row for row in paper.listed("recipients.csv") if not row["ended_at"]]
    return len(there), sum(row["outside"] == "yes" for row in there)


def _of_kind(paper: Paper, kind: str) -> int:
    return sum(kind_of(row) == kind for row in paper.of("permission"))


def _files(paper: Paper) -> int:
    taken = re.compile(r'"what":"([\w-]+-file|download|api-events)"')
    return sum(
        row["source"] == "auditdash" and bool(taken.search(row["context"])) for row in paper.rows
    )


_COUNTED: Mapping[str, tuple[str, Callable[[Paper], int]]] = {
    "events": ("Events", lambda paper: len(paper.rows)),
    "actors": ("People who acted", lambda paper: people(paper.rows)),
    "data_exports": ("Data exports", lambda paper: len(exports(paper))),
    "exported_reports": (
        "Reports exported",
        lambda paper: len({row["entity_id"] or row["entity_name"] for row in exports(paper)}),
    ),
    "exports_at_night": (
        "Exports at night",
        lambda paper: sum(at_night(paper, row) for row in exports(paper)),
    ),
    "first_exporters": ("First-ever exporters", lambda paper: len(paper.ruled("export-first"))),
    "bursts": ("Bursts of exports", lambda paper: len(bursts(paper))),
    "permission_changes": ("Permission changes", lambda paper: len(paper.of("permission"))),
    "granted": ("Granted", lambda paper: _of_kind(paper, "Granted")),
    "changed": ("Changed", lambda paper: _of_kind(paper, "Changed")),
    "revoked": ("Revoked", lambda paper: _of_kind(paper, "Revoked")),
    "own_changes": ("Own access changed", lambda paper: len({row["seq"] for row in _own(paper)})),
    "sensitive_events": ("Sensitive events", lambda paper: len(paper.of("sensitive"))),
    "unmapped_events": ("Unmapped events", _unmapped),
    "rejected_records": (
        "Rejected records",
        lambda paper: int(paper.manifest["numbers"]["rejected_records"]),
    ),
    "conflicting_records": (
        "Conflicting records",
        lambda paper: int(paper.manifest["numbers"]["conflicting_records"]),
    ),
    "late_events": ("Late events", lambda paper: len(paper.ruled("late"))),
    "exceptions": ("Exceptions", lambda paper: len(paper.exceptions)),
    "grants": ("Grants", lambda paper: len(paper.rows)),
    "subjects": ("People and groups", lambda paper: _different(paper, "subject")),
    "objects": ("Things they reach", lambda paper: _different(paper, "object")),
    "grants_to_everyone": (
        "Grants to everyone",
        lambda paper: len(paper.ruled("grant-everyone")),
    ),
    "gained": ("Given in the period", lambda paper: _changed(paper, "gained")),
    "lost": ("Taken in the period", lambda paper: _changed(paper, "lost")),
    "role_changes": ("Other role since", lambda paper: _changed(paper, "changed")),
    "tokens_there": ("Tokens now", lambda paper: _tokens(paper)[0]),
    "tokens_of_lowered": ("Of makers with less role", lambda paper: _tokens(paper)[1]),
    "tokens_of_away": ("Of makers who are away", lambda paper: _tokens(paper)[2]),
    "recipients_there": ("Recipients now", lambda paper: _recipients(paper)[0]),
    "recipients_outside": ("Of these outside", lambda paper: _recipients(paper)[1]),
    "files_taken": ("Files taken away", _files),
    "readings_at_night": ("Readings at night", lambda paper: len(paper.ruled("log-night"))),
}
