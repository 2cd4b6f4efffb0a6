"""One value of a field: what it may be, and what is wrong with it."""

from __future__ import annotations

import re
from typing import cast

from auditdash.events.addresses import ip_range
from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.search.dates import EXPECTED, WORDS, read_date
from auditdash.search.errors import QueryError
from auditdash.search.fields import Field, nearest
from auditdash.search.query import Atom, Compare, CompareOp, Present, Range, Span, Value

LONGEST_WORDS = 8_000  # SQLite refuses a LIKE pattern of more than 50,000 bytes
_COMPARE = re.compile(r"(>=|<=|>|<)(.*)", re.DOTALL)
_PART_OF_ADDRESS = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})(?:\.\*?|\*)?", re.ASCII)
_SLOPPY_DATE = re.compile(r"(\d{4})[-/.](\d\d?)(?:[-/.](\d\d?))?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII)
_SLOPPY_AGO = re.compile(r"(?:now)?-?(\d{1,6}[mhdw])", re.ASCII)
_QUOTE = "quotes around it, if it is meant as text"


def parse_value(field: Field, atom: Atom) -> Value:
    """The value of one field from one atom as it stands in the text; raises QueryError."""
    if not atom.text:
        raise _error(
            atom, f"{field.name}: has an empty value", expected=f"one, such as {field.example}"
        )
    if atom.text == "*" and not atom.quoted and field.can_be_missing:
        return Present(atom.span)
    match field.kind:
        case "date":
            return _parse_date(field, atom)
        case "address":
            return _parse_address(atom)
        case "choice" | "flag" | "order":
            return _parse_choice(field, atom)
    return _parse_text(field, atom)


def _parse_text(field: Field, atom: Atom) -> Atom:
    if atom.quoted:
        return atom
    if _COMPARE.match(atom.text) or ".." in atom.text:
        raise _error(atom, f"{field.name} is not a date, so it has no range", expected=_QUOTE)
    if field.kind == "exact" and atom.wild:
        raise _error(atom, f"{field.name} takes no *", expected=f"the whole value; {_QUOTE}")
    return atom


def _parse_choice(field: Field, atom: Atom) -> Atom:
    word = atom.text.lower()
    if word in field.choices:
        return Atom(word, atom.quoted, atom.span)
    raise _error(
        atom,
        f"{shorten(atom.text)} is no value of {field.name}",
        expected=", ".join(field.choices),
        nearest_word=nearest(word, field.choices),
    )


def _parse_address(atom: Atom) -> Atom:
    try:
        ip_range(atom.text)
    except BadInput as error:
        raise _error(
            atom, error.what, expected=error.expected, nearest_word=_nearest_network(atom.text)
        ) from None
    return atom


def _nearest_network(text: str) -> str | None:
    """The CIDR of an address that is written in part: 10.* or 192.168."""
    part = _PART_OF_ADDRESS.fullmatch(text)
    if part is None:
        return None
    numbers = part[1].split(".")
    network = f"{'.'.join([*numbers, '0', '0', '0'][:4])}/{8 * len(numbers)}"
    try:
        ip_range(network)
    except BadInput:
        return None
    return network


def _parse_date(field: Field, atom: Atom) -> Value:
    start = atom.span.start
    if compare := _COMPARE.fullmatch(atom.text):
        op = cast(CompareOp, compare[1])
        return Compare(op, _date(compare[2], start + len(op)), atom.span)
    first, dots, last = atom.text.partition("..")
    if dots:
        end = start + len(first) + len(dots)
        return Range(_side(first, start), _side(last, end), atom.span)
    if _date(atom.text, start, bare=True).text and read_date(atom.text).moment:
        raise _error(
            atom,
            f"{field.name}:{atom.text} is a single moment",
            expected="a comparison for all since then",
            nearest_word=f"{'<=' if atom.text.lower() == 'now' else '>='}{atom.text}",
        )
    return atom


def _side(text: str, position: int) -> Atom:
    if text == "*":
        return Atom(text, span=Span(position, position + 1))
    return _date(text, position)


def _date(text: str, position: int, *, bare: bool = False) -> Atom:
    atom = Atom(text, span=Span(position, position + len(text)))
    if not text:
        raise _error(atom, "a date is missing", expected=EXPECTED)
    try:
        read_date(text)
    except BadInput as error:
        raise _error(
            atom, error.what, expected=error.expected, nearest_word=_nearest_date(text, bare=bare)
        ) from None
    return atom


def _nearest_date(text: str, *, bare: bool) -> str | None:
    """The date as we write it, where it is written otherwise: 2026/3/8, 8.3.2026, -7d; or a known
    word. A moment that stands alone (`bare`) is meant as the beginning of a period."""
    if turned := _DAY_FIRST.fullmatch(text):
        text = f"{turned[3]}-{turned[2]}-{turned[1]}"
    if numbers := _SLOPPY_DATE.fullmatch(text):
        meant = "-".join([numbers[1], *(each.zfill(2) for each in numbers.groups()[1:] if each)])
    elif ago := _SLOPPY_AGO.fullmatch(text.lower()):
        meant = f"{'>=' if bare else ''}now-{ago[1]}"
    else:
        return nearest(text.lower(), WORDS)
    try:
        read_date(meant.removeprefix(">="))
    except BadInput:
        return None
    return meant


def _error(atom: Atom, what: str, *, expected: str, nearest_word: str | None = None) -> QueryError:
    return QueryError(
        what,
        position=atom.span.start,
        length=max(1, atom.span.end - atom.span.start),
        expected=expected,
        nearest=nearest_word,
    )
