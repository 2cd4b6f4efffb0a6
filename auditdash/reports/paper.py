"""Contents to HTML for paper. Every string of a stranger is made printable and short here, once."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from auditdash.charts.palette import COLOURS
from auditdash.events.instants import SECOND, Instant, to_datetime, to_rfc3339
from auditdash.events.wording import printable, time_text
from auditdash.reports.contents import Contents
from auditdash.reports.orders.dates import Dates
from auditdash.reports.printing.fonts import on_paper
from auditdash.reports.result.checks import checks_of
from auditdash.reports.result.figures import figures_of
from auditdash.reports.result.since import since_of, uncovered_of
from auditdash.reports.sections.dictionary import dictionary_of
from auditdash.settings import ROOT

_STYLE = ROOT / "templates" / "reports" / "pdf" / "paper.css"
_LONGEST = 240
_CHANNELS = {
    "file": "File imported by command",
    "upload": "File uploaded in the browser",
    "api": "Sent to the API",
    "pull": "Pulled from the feed",
    "replay": "Mended and replayed",
    "demo": "Demo data",
    "self": "Recorded by auditdash itself",
}
_UTC = ZoneInfo("UTC")


def draw_paper(contents: Contents) -> str:
    """The whole page, which refers to nothing but the logo that was chosen."""
    environment = _environment(contents.question.clock.zone, contents.dates)
    page = environment.get_template("reports/pdf/report.html").render(
        report=contents,
        figures=figures_of(contents),
        checks=checks_of(contents),
        since=since_of(contents),
        uncovered=uncovered_of(contents),
        dictionary=dictionary_of(
            contents.kind.lines, (file.name for file in contents.attached.files)
        ),
        colours=COLOURS,
        style=Markup(_STYLE.read_text(encoding="utf-8")),  # noqa: S704 - our own file
    )
    return on_paper(page)


def shorten(value: object) -> object:
    """A stranger's text without controls and, when it is very long, cut with the cut told."""
    if type(value) is not str:
        return value
    text = value if len(value) <= _LONGEST else value[:_LONGEST]
    cut = len(value) - len(text)
    return printable(text) + (f" … (+{cut:,} characters)" if cut else "")


def whole(text: str) -> Markup:
    """A text without controls that must not be cut: it is asked again."""
    return escape(printable(text))


def length_text(microseconds: int) -> str:
    """`2 days 3 h 20 min`, `45 s`."""
    seconds = -(-microseconds // SECOND)
    parts = (
        (seconds // 86400, " day" if seconds // 86400 == 1 else " days"),
        (seconds // 3600 % 24, " h"),
        (seconds // 60 % 60, " min"),
        (seconds % 60, " s"),
    )
    return " ".join(f"{count:,}{unit}" for count, unit in parts if count) or "0 s"


def channel_text(channel: str) -> str:
    """How a way in is called."""
    return _CHANNELS.get(channel, channel)


def _environment(zone: ZoneInfo, dates: Dates) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shorten,
    )

    def when(instant: Instant) -> str:
        local = to_datetime(instant, zone)
        return f"{local:%Y-%m-%d %H:%M:%S}"

    def date(instant: Instant) -> str:
        return f"{to_datetime(instant, zone):%Y-%m-%d}"

    environment.filters |= {
        "date": date,
        "time": lambda instant: time_text(instant, zone),
        "number": lambda count: f"{count:,}",
        "moment": lambda instant: dates.moment_text(instant, zone),
        "utc": lambda instant: dates.moment_text(instant, _UTC),
        "when": when,
        "rfc3339": to_rfc3339,
        "whole": whole,
        "channel": channel_text,
        "span": length_text,
        "iso": lambda instant: to_datetime(instant).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return environment
