"""What is written with a report: one letter, drawn as plain text, as HTML and for Slack.

Names in it are strangers': each drawing escapes them its own way.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from auditdash.events.instants import parse_zone
from auditdash.events.wording import printable
from auditdash.outgoing.slack import escape
from auditdash.reports.orders.kinds import find_kind
from auditdash.reports.orders.order import Order, order_of
from auditdash.reports.question import report_id
from auditdash.reports.sending.result import Told, decode_result
from auditdash.search.period import period_text
from auditdash.settings import ROOT
from auditdash.store.report_runs import ReportRun
from auditdash.store.workspaces import Workspace

_LONGEST = 200


class Letter(Struct, frozen=True, kw_only=True):
    """`facts` are pairs, `result` lines of the result, `closing` sentences; `link` may be ""."""

    subject: str
    heading: str
    facts: tuple[tuple[str, str], ...] = ()
    result: tuple[Told, ...] = ()
    closing: tuple[str, ...] = ()
    link: str = ""


def write_letter(
    workspace: Workspace, run: ReportRun, recipients: str, closing: tuple[str, ...], link: str
) -> Letter:
    """The letter of a report that is made; `recipients` says who gets it, all of them."""
    order, told = order_of(run), tuple(decode_result(run.result))
    about = f"{_title(order)}: {workspace.name}, {_period(run, order)}"
    digest = (run.sha256 or b"").hex()
    facts = (
        ("Report", report_id(run)),
        ("Workspace", workspace.name),
        ("Period", f"{_period(run, order)}, {order.zone}"),
        ("Asked for by", run.requested_by),
        ("Pages", f"{run.pages or 0:,}"),
        ("SHA-256 of the PDF", digest),
        ("Sent to", recipients),
    )
    return Letter(
        subject=_short(f"{about}: {_verdict(told, run)}"),
        heading=_title(order),
        facts=tuple((label, printable(said)) for label, said in facts),
        result=told,
        closing=closing,
        link=link,
    )


def failure_letter(workspace: Workspace, said: str, link: str) -> Letter:
    """What the owner of a schedule is told."""
    return Letter(
        subject=_short(f"auditdash, {workspace.name}: a scheduled report failed"),
        heading="A scheduled report failed",
        facts=(("Workspace", printable(workspace.name)), ("What happened", printable(said))),
        closing=("It also stands on your pages of auditdash, where it can be tried again.",),
        link=link,
    )


def stream_letter(workspace: Workspace, said: str, link: str) -> Letter:
    """What the owner of a stream is told."""
    return Letter(
        subject=_short(f"auditdash, {workspace.name}: a stream was paused"),
        heading="A stream was paused",
        facts=(("Workspace", printable(workspace.name)), ("What happened", printable(said))),
        closing=("Nothing is lost: resumed on its page, it goes on where it stopped.",),
        link=link,
    )


def feed_letter(workspace: Workspace, said: str, link: str, *, is_back: bool) -> Letter:
    """What is told of a feed that fell silent, or came back."""
    heading = "A feed is back" if is_back else "A feed has fallen silent"
    return Letter(
        subject=_short(f"auditdash, {workspace.name}: {heading[0].lower()}{heading[1:]}"),
        heading=heading,
        facts=(("Workspace", printable(workspace.name)), ("What happened", printable(said))),
        closing=("The page Coverage shows it, and who is told of it.",),
        link=link,
    )


def test_letter(workspace: Workspace, name: str, link: str) -> Letter:
    """What tries a destination."""
    return Letter(
        subject=_short(f"auditdash, {workspace.name}: a test"),
        heading="A test",
        facts=(("Workspace", printable(workspace.name)), ("Destination", printable(name))),
        closing=("Reports that are sent to this destination arrive here.",),
        link=link,
    )


def draw_plain(letter: Letter) -> str:
    """Lines of text."""
    return "\n".join(_plain_lines(letter)) + "\n"


def draw_html(letter: Letter) -> str:
    """A page for mail programs, which needs nothing from anywhere."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("reports/mail.html").render(letter=letter)


def draw_slack(letter: Letter) -> str:
    """Slack's own marks; no stranger's text mentions anybody, or leaves no room for the result."""
    lines = [f"*{escape(letter.heading)}*"]
    lines += [f"{label}: {escape(_short(said))}" for label, said in letter.facts]
    lines += [f"{_mark(told)} {told.label}: {escape(told.said)}" for told in letter.result]
    lines += [escape(each) for each in letter.closing]
    return "\n".join([*lines, *([f"<{letter.link}>"] if letter.link else [])])


def _plain_lines(letter: Letter) -> Iterator[str]:
    yield letter.heading
    yield "=" * len(letter.heading)
    yield ""
    for label, said in letter.facts:
        yield f"{label}: {said}"
    if letter.result:
        yield ""
        yield "The result"
        yield "----------"
    for told in letter.result:
        yield f"{_mark(told)} {told.label}: {printable(told.said)}"
    yield ""
    yield from letter.closing
    if letter.link:
        yield letter.link


def _mark(told: Told) -> str:
    if told.ok is None:
        return "-"
    return "[ok]" if told.ok else "[LOOK]"


def _verdict(told: tuple[Told, ...], run: ReportRun) -> str:
    if not run.rows:
        return "nothing happened"
    count = sum(1 for each in told if each.ok is False)
    return f"{count} to look at" if count else "nothing to look at"


def _title(order: Order) -> str:
    return printable(order.title or find_kind(order.kind).title)


def _period(run: ReportRun, order: Order) -> str:
    return period_text(run.period, parse_zone(order.zone))


def _short(text: str) -> str:
    """In one line, as long as a subject may be."""
    line = " ".join(printable(text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
