"""docs/performance.md: the table of a run between marks; the text around it stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from auditdash.settings import ROOT
from tests.bench.generate import Plan
from tests.bench.results.figures import Line
from tests.bench.results.table import render

PATH = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- measured -->", "<!-- /measured -->"
_RUN = re.compile(r"(## .*? events)\n.*?(?=\n## |\Z)", re.DOTALL)
_TEXT = f"""# Performance

How quick auditdash is, measured beside others on the same machine in the same run. These machines
are noisy: what counts is the ratio, an absolute figure is for orientation. Measure it yourself:

    tests/bench/run --events 10000000 --growth --load

{_BEGIN}
{_END}

## How it is measured

- **The events** are made by `tests/bench/generate.py`, the same for the same seed: 5,000 actors and
  20,000 entities (Zipf), 24 months with days and weeks, all 50 actions, about 1 % that come days
  too late, some 690 bytes of NDJSON each.
- **ours** is a fresh instance filled by `auditdash import`. The time runs from the command to the
  first answered search, less the start of the program.
- **Datasette** serves a plain table: a column of text for each field, five indexes, a primary key
  and full-text search; one process, read-only, no suggestions, no limits of time, the newest
  SQLite. Its queries go over HTTP as JSON.
- **DuckDB** has a table of its own, filled by its own reader of JSON; its queries run in process.
- **The raw ceiling** decodes with msgspec into one SQLite table without an index or an id.
- Everybody is asked in turn, each question with parameters that change; the first two of them warm
  up. Two numbers with a slash are the median and the 95th percentile.
- **ratio** is how many times better ours is: than the raw ceiling for ingest, than the quicker of
  the two (95th percentiles) for queries, else than what the target names.
- **asked again** in the notes is the same question a second time at once.
- Memory is read from the kernel (`smaps_rollup`) while all events stream out.

## What is missed, and why

"""


def write_report(plan: Plan, machine: Iterable[tuple[str, str]], lines: Iterable[Line]) -> Path:
    """Put a run into the document, in the place of the run before with as many events."""
    PATH.parent.mkdir(exist_ok=True)
    text = PATH.read_text(encoding="utf-8") if PATH.exists() else _TEXT
    PATH.write_text(put_run(text, plan, machine, lines), encoding="utf-8")
    return PATH


def put_run(
    text: str, plan: Plan, machine: Iterable[tuple[str, str]], lines: Iterable[Line]
) -> str:
    """The text with this run between its marks; runs with other numbers of events stay."""
    before, _, rest = text.partition(_BEGIN)
    inside, _, after = rest.partition(_END)
    runs = {found[1]: found[0] for found in _RUN.finditer(inside)}
    title = f"## {plan.events:,} events"
    facts = "\n".join(f"- {what}: {value}" for what, value in [*machine, ("seed", str(plan.seed))])
    runs[title] = f"{title}\n\n{facts}\n\n{render(lines)}"
    ordered = sorted(runs, key=len, reverse=True)
    body = "\n".join(f"{runs[each].strip()}\n" for each in ordered)
    return f"{before}{_BEGIN}\n\n{body}\n{_END}{after}"
