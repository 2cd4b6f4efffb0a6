"""Which lines of a review are before the reader: in the address, and kept by each form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct, structs
from sqlalchemy import Connection

from auditdash.queries.reviewing.proof import BACK, OPEN, Outcome
from auditdash.store.campaigns.lines import Which, count_lines, find_lines, find_some
from auditdash.store.campaigns.rows import DECISIONS, UNDECIDED, Line
from auditdash.web import params
from auditdash.web.access.asked import PATH as ACCESS

PATH: Final = f"{ACCESS}/reviews"
ROWS: Final = 50
ALL, TO_DECIDE, NOBODYS = "", "undecided", "nobodys"
# What can be chosen, in the order of the buttons.
CHOICES: Final = {
    ALL: "All lines",
    TO_DECIDE: "Undecided",
    "keep": "Keep",
    "remove": "Remove",
    "change": "Change",
    OPEN: "Not done yet",
    BACK: "Came back",
    NOBODYS: "Without a reviewer",
}
_MOST_PAGES: Final = 1_000_000


class Shown(Struct, frozen=True, kw_only=True):
    """One of CHOICES, perhaps only those that the reader is asked about, and the page."""

    show: str = ALL
    mine: bool = False
    page: int = 1

    def href(self, number: int, anchor: str = "") -> str:
        """The address of this page of a review."""
        given = {"show": self.show, "mine": "1" if self.mine else "", "page": self.page}
        kept = {key: value for key, value in given.items() if value not in ("", 1)}
        query = f"?{urlencode(kept)}" if kept else ""
        return f"{PATH}/{number}{query}{f'#{anchor}' if anchor else ''}"

    def other(self, *, show: str | None = None, mine: bool | None = None, page: int = 1) -> Shown:
        """Another choice, from its first page on."""
        return Shown(
            show=self.show if show is None else show,
            mine=self.mine if mine is None else mine,
            page=page,
        )

    def which(self, campaign_id: int, person_id: int) -> Which:
        """As the store is asked; what was done of it is told elsewhere."""
        decision = self.show if self.show in DECISIONS else None
        return Which(
            campaign_id=campaign_id,
            decision=UNDECIDED if self.show == TO_DECIDE else decision,
            person_id=person_id if self.mine else None,
            nobodys=self.show == NOBODYS,
        )


class Page(Struct, frozen=True, kw_only=True):
    """Some lines of how many, and the pages beside them."""

    lines: Sequence[Line]
    count: int
    shown: Shown

    @property
    def note(self) -> str:
        """The rows in words."""
        start = (self.shown.page - 1) * ROWS
        many = self.count > ROWS
        return f"{start + 1:,}–{start + len(self.lines):,} of {self.count:,}" if many else ""

    @property
    def has_more(self) -> bool:
        """Whether there is a page behind it."""
        return self.shown.page * ROWS < self.count


def read_shown() -> Shown:
    """What the address asks for."""
    return Shown(
        show=params.choice("show", CHOICES, ALL),
        mine=params.choice("mine", ("", "1"), "") == "1",
        page=params.number("page", 1, 1, _MOST_PAGES),
    )


def shown_of_form() -> Shown:
    """The same of a form that was sent from such a page."""
    return Shown(
        show=params.chosen_field("show", CHOICES),
        mine=params.chosen_field("mine", ("", "1")) == "1",
        page=min(max(1, params.id_field("page")), _MOST_PAGES),
    )


def find_page(
    connection: Connection,
    campaign_id: int,
    shown: Shown,
    person_id: int,
    outcomes: Mapping[int, Outcome],
) -> Page:
    """The lines of one page; a page behind the last is the last."""
    which = shown.which(campaign_id, person_id)
    if shown.show in {OPEN, BACK}:
        numbers = sorted(n for n, each in outcomes.items() if each.state == shown.show)
        if shown.mine:
            mine = find_some(connection, which, numbers)
            numbers = [each.line for each in mine]
        here = _within(shown, len(numbers))
        start = (here.page - 1) * ROWS
        lines = find_some(connection, which, numbers[start : start + ROWS])
        return Page(lines=lines, count=len(numbers), shown=here)
    count = count_lines(connection, which)
    here = _within(shown, count)
    lines = find_lines(connection, which, start=(here.page - 1) * ROWS, most=ROWS)
    return Page(lines=lines, count=count, shown=here)


def _within(shown: Shown, count: int) -> Shown:
    return structs.replace(shown, page=min(shown.page, max(1, -(-count // ROWS))))
