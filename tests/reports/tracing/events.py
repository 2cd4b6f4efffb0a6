"""What the sections about events should say, made again from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from tests.reports.received import Paper
from tests.reports.tracing.words import (
    at_night,
    bursts,
    exports,
    folded,
    kind_of,
    name_of,
    people,
    printed,
    said,
    when,
)

# "nothing recorded before": the day on which the archive begins, which no row of a period tells.
_ARCHIVE = r"\d{1,2}\.? (de )?[^\W\d]+ (de )?\d{4}"


def trace_categories(paper: Paper) -> Iterator[str]:
    """Each category and each action."""
    counts = Counter(row["action"] for row in paper.rows)
    known: dict[str, int] = Counter()
    for action, told in paper.catalogue.items():
        known[told["category"]] += counts[action]
    other = len(paper.rows) - sum(known.values())
    for label, count in known.items():
        yield said(f"{label}:", count)
    if other:
        yield said("Other:", other)
    yield said("All categories together", len(paper.rows))
    for action in {*paper.catalogue, *counts}:
        yield action_line(paper, action)


def action_line(paper: Paper, action: str) -> str:
    """How often, by how many, first and last."""
    rows = [row for row in paper.rows if row["action"] == action]
    sensitive = "Sensitive" if paper.catalogue.get(action, {}).get("sensitive") else ""
    if not rows:
        return said(paper.label(action), sensitive, "0")
    first, last = when(paper.local(rows[0])), when(paper.local(rows[-1]))
    return said(paper.label(action), sensitive, len(rows), people(rows), first, last)


def trace_exports(paper: Paper) -> Iterator[str]:
    """By kind, person and report; bursts, nights and first ones."""
    found = exports(paper)
    nights = [row for row in found if at_night(paper, row)]
    by_name = sorted(found, key=lambda row: folded(row, "actor"))
    by_person = [list(rows) for _, rows in groupby(by_name, lambda row: folded(row, "actor"))]
    kinds = [name for name, told in paper.catalogue.items() if told["op"] == "export"]
    new = {row["actor"].casefold() for row in paper.ruled("export-first")}
    yield said(
        *(len(found), "Exports", len(by_person), "People who exported", len(new)),
        *("For the first time ever", len(nights), "Exports at night"),
    )
    for kind in kinds:
        count = sum(row["action"] == kind for row in found)
        share = f"{100 * count / len(found):.1f} %" if found else ""
        yield said(paper.label(kind), count, share)
    yield said("Together", len(found))
    for rows in by_person:
        name = name_of(rows[-1], "actor") or "nobody named"
        dark = sum(at_night(paper, row) for row in rows)
        told = [sum(row["action"] == kind for row in rows) for kind in kinds]
        reports = len({row["entity_id"] or row["entity_name"] for row in rows})
        yield said(name) + "( First ever)? " + said(len(rows), *told, reports, dark)
        if folded(rows[0], "actor") in new:
            yield said(name, when(paper.local(rows[0])), len(rows), dark)
    in_order = sorted(found, key=lambda row: row["entity_id"] or row["entity_name"])
    grouped = groupby(in_order, lambda row: row["entity_id"] or row["entity_name"])
    by_report = [list(rows) for _, rows in grouped]
    for rows in by_report:
        rows.sort(key=lambda row: (row["occurred_at"], int(row["seq"])))
        dark = sum(at_night(paper, row) for row in rows)
        people_here = len({folded(row, "actor") for row in rows})
        last = when(paper.local(rows[-1]))
        name = name_of(rows[-1], "entity") or "not named"
        yield said(name) + "( First ever)? " + said(len(rows), people_here, dark, last)
    for actor, first, latest, size, usual in bursts(paper):
        times = when(paper.local(first)), when(paper.local(latest))
        yield said(actor or "nobody named", *times, size, usual)
    for row in nights:
        yield (
            said(when(paper.local(row)), name_of(row, "actor") or "nobody named")
            + f"( Works by day)? {said(row['actor_ip'])} ?"
            + said(
                name_of(row, "entity") or "not named", paper.label(row["action"]), int(row["seq"])
            )
        )
    listed = len(by_person), len(by_report), len(nights), len(new), len(bursts(paper))
    yield from filter(None, map(printed, listed))


def trace_permissions(paper: Paper) -> Iterator[str]:
    """All of them, one by one."""
    changes = paper.of("permission")
    own = {row["seq"] for row in (*paper.ruled("own-access"), *paper.ruled("own-highest"))}
    kinds = Counter(map(kind_of, changes))
    told = [part for kind in ("Granted", "Changed", "Revoked") for part in (kinds[kind], kind)]
    yield said(len(changes), "Changes", *told, len(own), "Made to one’s own access")
    listed = changes[: paper.order["rows"]]
    for row in (*listed, *(row for row in listed if row["seq"] in own)):
        yield (
            said(when(paper.local(row)), name_of(row, "actor") or "unknown", row["actor_ip"])
            + r" [^\d]*"
            + said(paper.label(row["action"]))
            + rf" [^\d]*({_ARCHIVE} )?→ [^\d]*"
            + said(int(row["seq"]))
        )
    yield from filter(None, [printed(len(changes), len(listed))])
    if own:
        yield said("Of the changes printed below,", f"{len(own):,}.")


def trace_intake(paper: Paper) -> Iterator[str]:
    """Unmapped ones, and what no row tells."""
    numbers = paper.manifest["numbers"]
    unmapped = {row["action"] for row in paper.rows} - paper.catalogue.keys()
    count = sum(row["action"] in unmapped for row in paper.rows)
    yield said("does not know:", count, "events")
    yield said("could not be read:", numbers["rejected_records"])
    yield said("with other content:", numbers["conflicting_records"])
    yield from (action_line(paper, action) for action in unmapped)
