"""The form for a new report: what it offers, what was typed, and the order that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, parse_zone, shorten
from auditdash.events.periods import Period
from auditdash.reports.attached.sample import SIZE
from auditdash.reports.orders.dates import languages
from auditdash.reports.orders.kinds import Kind, find_kind, kinds
from auditdash.reports.orders.order import PAPERS, Order, Paper, check_order
from auditdash.reports.orders.presets import CUSTOM, PRESETS, closed, custom_period, preset_period
from auditdash.reports.orders.sections import sections
from auditdash.reports.question import COMPLIANCE
from auditdash.reports.sections.controls import FRAMEWORKS
from auditdash.store.reporting.logos import StoredLogo, list_logos
from auditdash.store.saved_searches import SavedSearch, find_saved_search, list_saved_searches
from auditdash.web import params, readers

SEARCH: Final = "search"
_CONTROLS: Final = "controls"
_USUAL_ROWS: Final = 1_000
_DIGITS: Final = 6

Choices = Sequence[tuple[str, str]]


class Form(Struct, frozen=True, kw_only=True):
    """What was chosen, as it was typed, so that a refused form comes back as it was."""

    kind: str
    preset: str
    zone: str
    q: str
    sections: tuple[str, ...]
    frameworks: tuple[str, ...]
    first: str = ""
    last: str = ""
    saved: str = ""
    paper: str = PAPERS[0]
    language: str = "en"
    title: str = ""
    logo: str = ""
    rows: str = str(_USUAL_ROWS)
    sample: str = str(SIZE)
    nonce: str = ""


class Offer(Struct, frozen=True, kw_only=True):
    """What the form has to choose from; `chosen` is the kind that it is about."""

    chosen: Kind
    kinds: Choices
    presets: Choices
    zones: Choices
    sections: Choices
    frameworks: Choices
    saved: Choices
    papers: Choices
    languages: Choices
    logos: Choices

    @property
    def has_controls(self) -> bool:
        """Whether frameworks can be chosen."""
        return any(name == _CONTROLS for name, _ in self.sections)


def usual_form(name: str) -> Form:
    """What the form of a kind begins with."""
    kind = find_kind(name)
    return Form(
        kind=name,
        preset=kind.period,
        zone=readers.reader().workspace.zone,
        q=kind.query,
        sections=kind.usual,
        frameworks=kind.frameworks,
    )


def read_form() -> Form:
    """The submitted fields; a choice that is not offered is BadInput."""
    kind = find_kind(params.field("kind", COMPLIANCE))
    usual = usual_form(kind.name)
    has_sections = bool(params.field("has_sections"))
    return Form(
        kind=kind.name,
        preset=params.field("preset", usual.preset),
        first=params.field("first"),
        last=params.field("last"),
        zone=params.field("zone", "UTC"),
        q=params.field("q"),
        saved=params.field("saved"),
        sections=params.chosen_fields("section", kind.sections) if has_sections else kind.usual,
        frameworks=params.chosen_fields("framework", FRAMEWORKS),
        paper=params.field("paper", usual.paper),
        language=params.field("language", usual.language),
        title=params.field("title"),
        logo=params.field("logo"),
        rows=params.field("rows", usual.rows),
        sample=params.field("sample", usual.sample),
        nonce=params.field("nonce"),
    )


def order_of_form(connection: Connection, form: Form, now: Instant) -> Order:
    """What the form asks for, checked; BadInput names the field, a QueryError the place in it."""
    zone = parse_zone(form.zone)
    period = _period(form, now)
    query = form.q
    if form.saved and form.kind == SEARCH:
        query = _saved(connection, form.saved).query
    kind = find_kind(form.kind)
    return check_order(
        Order(
            kind=form.kind,
            period=closed(period),
            zone=zone.key,
            query=query,
            sections=form.sections,
            frameworks=form.frameworks if _CONTROLS in kind.sections else (),
            paper=_paper(form.paper),
            language=form.language,
            title=" ".join(form.title.split()),
            logo=_logo(connection, form.logo),
            rows=_number("rows", form.rows),
            sample=_number("sample", form.sample),
            nonce=form.nonce,
        )
    )


def offer_for(connection: Connection, form: Form) -> Offer:
    """What there is to choose from."""
    reader = readers.reader()
    kind = find_kind(form.kind)
    zones = dict.fromkeys((reader.workspace.zone, reader.zone.key, "UTC", form.zone))
    saved: list[SavedSearch] = []
    if form.kind == SEARCH:
        saved = list_saved_searches(connection, reader.workspace.id, reader.person_id)
    logos = list_logos(connection, reader.workspace.id)
    return Offer(
        chosen=kind,
        kinds=[(name, each.title) for name, each in kinds().items()],
        presets=list(PRESETS.items()),
        zones=[(name, name) for name in zones],
        sections=[(name, sections()[name].title) for name in kind.sections],
        frameworks=list(FRAMEWORKS.items()),
        saved=[("", "What is written below"), *((str(each.id), each.name) for each in saved)],
        papers=[(paper, paper) for paper in PAPERS],
        languages=[(word, each.name) for word, each in languages().items()],
        logos=[("", "None"), *((each.sha256.hex(), _logo_text(each)) for each in logos)],
    )


def _period(form: Form, now: Instant) -> Period:
    zone = parse_zone(form.zone)
    if form.preset not in PRESETS:
        raise BadInput("this period is not offered", where="preset", expected=", ".join(PRESETS))
    if form.preset == CUSTOM:
        return custom_period(form.first, form.last, zone)
    return preset_period(form.preset, now, zone)


def _paper(given: str) -> Paper:
    found = next((paper for paper in PAPERS if paper == given), None)
    if found is None:
        raise BadInput("there is no such paper", where="paper", expected=" or ".join(PAPERS))
    return found


def _saved(connection: Connection, given: str) -> SavedSearch:
    reader = readers.reader()
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    found = find_saved_search(connection, reader.workspace.id, reader.person_id, number)
    if found is None:
        raise BadInput("this saved search is not there", where="saved", expected="one of the list")
    return found


def _logo(connection: Connection, given: str) -> str:
    known = {each.sha256.hex() for each in list_logos(connection, readers.reader().workspace.id)}
    if given and given not in known:
        raise BadInput("this logo is not there", where="logo", expected="one of the list")
    return given


def _logo_text(logo: StoredLogo) -> str:
    return f"{logo.name} ({logo.width} × {logo.height})"


def _number(name: str, given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) <= _DIGITS):
        raise BadInput(f"{shorten(given)} is no number", where=name, expected="a whole number")
    return int(given)
