"""Every number on the pages of a report, made again from its attachments alone.

What a page should say is recomputed from the rows and taken away from its text. Nothing that was
recomputed may be missing, and no digit may be left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from auditdash.reports.orders.sections import sections
from tests.reports.received import Paper
from tests.reports.tracing import events, evidence
from tests.reports.tracing.lists import trace_list
from tests.reports.tracing.result import trace_result

# Numbers of the wording, not of the report.
_WORDING = (
    r"RFC \d+|UTF-8|PDF/A-3a|PDF/UA-1|SHA-256|SOC 2 TSC|ISO/IEC 27001:2022|22:00|06:00"
    r"|24 hours|at least 20 (times|exports)|sha256(sum)?|1 for the event|manifest 3"
    r"|(within|again within) 7 days|for 90 days|90 days when"
)


def untraced(path: Path) -> dict[str, list[str]]:
    """By section: what should be there and is not, and what is left with a digit in it."""
    paper = Paper(path)
    found: dict[str, list[str]] = {}
    for name, text in paper.texts.items():
        expected = sorted(_expected(name)(paper), key=len, reverse=True)
        missing, rest = [], text
        for pattern in expected:
            rest, times = re.subn(rf"(?<![\w.,]){pattern}(?![\w])", " ¶ ", rest, count=1)
            missing += [] if times else [f"missing: {pattern}"]
        rest = re.sub(_WORDING, " ", rest)
        left = re.findall(r".{0,30}\d.{0,30}", rest)
        if missing or left:
            found[name] = [*missing, *left]
    return found


def _expected(name: str) -> Callable[[Paper], Iterator[str]]:
    known = sections().get(name)
    if known is not None and known.is_listing:
        return partial(trace_list, name=name)
    return _EXPECTED.get(name, _nothing)


def _nothing(_: Paper) -> Iterator[str]:
    return iter(())


_EXPECTED: Mapping[str, Callable[[Paper], Iterator[str]]] = {
    "cover": evidence.trace_cover,
    "result": trace_result,
    "categories": events.trace_categories,
    "exports": events.trace_exports,
    "permissions": events.trace_permissions,
    "exceptions": evidence.trace_exceptions,
    "controls": evidence.trace_controls,
    "sample": evidence.trace_sample,
    "intake": events.trace_intake,
    "coverage": evidence.trace_coverage,
    "evidence": evidence.trace_evidence,
    "signoff": evidence.trace_signoff,
}
