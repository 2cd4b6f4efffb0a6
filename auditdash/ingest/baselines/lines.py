"""The file of a baseline: CSV of who had what, understood whole or not at all.

Its columns are those of `standing.csv`, which auditdash itself writes of a moment.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from auditdash.events.catalogue import catalogue
from auditdash.events.errors import BadInput
from auditdash.events.folding import FORMULAS, fold_case, storable
from auditdash.events.instants import shorten
from auditdash.store.baselines.rows import Line

MOST_BYTES: Final = 32 << 20
MOST_LINES: Final = 200_000
COLUMNS: Final = (
    *("subject_kind", "subject_name", "subject_id"),
    *("object_kind", "object_name", "object_id", "role"),
)
# Further columns of standing.csv: what they tell is another's evidence, and is not taken over.
_PASSED_OVER: Final = frozenset(
    (
        *("through_name", "through_id", "since", "until", "given_seq", "given_at", "given_by"),
        *("joined_seq", "joined_at", "joined_by", "ended_seq", "ended_at", "ended_by", "note"),
        *("given_baseline", "given_line", "joined_baseline", "joined_line"),
    )
)
_THROUGH: Final = "through"
_NEEDED: Final = ("subject_kind", "object_kind")
_FORM: Final = "the columns " + ", ".join(COLUMNS)
# Who can have what.
_SUBJECTS: Final = {
    "workspace": ("member",),
    "group": ("member",),
    "collection": ("member", "group"),
    "connection": ("member", "group"),
    "default": ("everyone",),
}
_KINDS: Final = ("member", "group", "everyone")
_NAMELESS: Final = ("everyone", "workspace", "default")
_LONGEST: Final = 2_000
_NOT_TOLD: Final = "access, role not recorded"  # how standing.csv says it
_Row = Mapping[str, str]


class Understood(Struct, frozen=True):
    """What a file says, and what is wrong with it; with any problem nothing of it counts."""

    lines: tuple[Line, ...]
    problems: tuple[BadInput, ...]


class File(Struct, frozen=True):
    """A file to the byte, its name for people, and what it says: all of it is understood."""

    name: str
    content: bytes
    lines: tuple[Line, ...]


class BadBaseline(BadInput):
    """A file with lines that are not understood: `problems` names each of them."""

    def __init__(self, problems: Sequence[BadInput]) -> None:
        self.problems = tuple(problems)
        many = f"{len(problems):,} problems" if len(problems) > 1 else "one problem"
        super().__init__(f"nothing was imported: the file has {many}")


def parse_file(content: bytes, name: str) -> File:
    """A file as it came; BadBaseline names every line that is not understood.

    A large one takes seconds, so not within a transaction for which others wait.
    """
    understood = parse_lines(content)
    if understood.problems:
        raise BadBaseline(understood.problems)
    return File(storable(name), content, understood.lines)


def parse_lines(content: bytes) -> Understood:
    """Every line of a file, or every problem of it."""
    try:
        rows = _read(content)
        lines, problems = [], []
        first: dict[object, int] = {}
        for number, row in rows:
            try:
                line = _understand(number, row)
                same = first.setdefault(_key(line), number)
                if same != number:
                    raise BadInput(f"says the same as line {same}", expected="each access once")
                lines.append(line)
            except BadInput as error:
                problems.append(_at(number, error))
    except BadInput as error:
        return Understood((), (error,))
    if not lines and not problems:
        problems.append(BadInput("there is no line below the header", expected=_FORM))
    return Understood(tuple(lines), tuple(problems))


def _read(content: bytes) -> Iterator[tuple[int, _Row]]:
    """The line number and the cells of each row below the header; BadInput for no such file."""
    if len(content) > MOST_BYTES:
        raise BadInput("the file is too large", expected=f"at most {MOST_BYTES >> 20} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput("not UTF-8", where=f"line {line}", expected="UTF-8 text") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = _header(next(reader, []))
        last = reader.line_num
        for cells in reader:
            number, last = last + 1, reader.line_num
            if number > MOST_LINES:
                raise BadInput("too many lines", expected=f"at most {MOST_LINES:,}")
            if any(cells):
                yield number, _cells(names, cells)
    except csv.Error as error:
        where = f"line {reader.line_num}"
        raise BadInput(f"not CSV: {error}", where=where, expected="RFC 4180") from None


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    where = "line 1"
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        what = f"{shorten(','.join(cells))} is no header: {' and '.join(missing)} missing"
        raise BadInput(what, where=where, expected=_FORM)
    for place, name in enumerate(names):
        if name not in COLUMNS and name not in _PASSED_OVER and name != _THROUGH:
            raise BadInput(f"{shorten(name)} is no column", where=where, expected=_FORM)
        if name in names[:place]:
            raise BadInput(f"two columns are called {name}", where=where)
    return names


def _cells(names: Sequence[str], cells: Sequence[str]) -> _Row:
    row = dict(zip(names, cells, strict=False))
    return row | {"": str(len(cells)) if len(cells) > len(names) else ""}


def _understand(number: int, row: _Row) -> Line:
    if row[""]:
        raise BadInput(f"{row['']} cells", expected="as many as the header has")
    if _cell(row, _THROUGH) not in {None, "direct"}:
        expected = "what was given itself, as in standing.csv"
        raise BadInput(f"{shorten(row[_THROUGH])} is derived", where=_THROUGH, expected=expected)
    thing = _kind(row, "object_kind", tuple(_SUBJECTS))
    who = _kind(row, "subject_kind", _KINDS)
    if who not in _SUBJECTS[thing]:
        expected = f"{' or '.join(_SUBJECTS[thing])}, for object_kind {thing}"
        raise BadInput(f"{who} has no access of this kind", where="subject_kind", expected=expected)
    return Line(
        line=number,
        subject_kind=who,
        subject_name=_name(row, "subject", who),
        subject_id=_cell(row, "subject_id"),
        object_kind=thing,
        object_name=_name(row, "object", thing),
        object_id=_cell(row, "object_id"),
        role=_role(row, thing),
    )


def _kind(row: _Row, column: str, allowed: Sequence[str]) -> str:
    found = (_cell(row, column) or "").lower()
    if found not in allowed:
        what = f"{shorten(found)} is no kind" if found else "empty"
        raise BadInput(what, where=column, expected=", ".join(allowed))
    return found


def _name(row: _Row, side: str, kind: str) -> str | None:
    """The name; what needs one has it or an id, and what is the only one of its kind neither."""
    name, identity = _cell(row, f"{side}_name"), _cell(row, f"{side}_id")
    if kind in _NAMELESS:
        if name or identity:
            what = f"{shorten(name or identity or '')} names what has no name"
            raise BadInput(what, where=f"{side}_name", expected=f"nothing: there is one {kind}")
    elif not name and not identity:
        raise BadInput("empty", where=f"{side}_name", expected=f"a name, or an id in {side}_id")
    return name


def _role(row: _Row, thing: str) -> str | None:
    role = _cell(row, "role")
    if role == _NOT_TOLD:
        return None
    if thing == "group":
        if role not in {None, "member"}:
            raise BadInput(f"{shorten(role)} in a group", where="role", expected="member, or empty")
        return None
    if role and fold_case(role) in catalogue().no_access:
        expected = "a role that is access; leave out the lines of those who have none"
        raise BadInput(f"{shorten(role)} is no access", where="role", expected=expected)
    return role


def _cell(row: _Row, column: str) -> str | None:
    text = _as_it_was(row.get(column, "").strip())
    if storable(text) != text or len(text) > _LONGEST:
        expected = f"text of at most {_LONGEST:,} characters, without NUL"
        raise BadInput(f"{shorten(text)} cannot be kept", where=column, expected=expected)
    return text or None


def _as_it_was(text: str) -> str:
    """Without the apostrophe that our own files set before what would be a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULAS) else text


def _key(line: Line) -> object:
    who = (line.subject_kind, fold_case(line.subject_id or line.subject_name or ""))
    thing = (line.object_kind, fold_case(line.object_id or line.object_name or ""))
    return (*who, line.subject_id is None, *thing, line.object_id is None)


def _at(number: int, error: BadInput) -> BadInput:
    where = f"line {number}, {error.where}" if error.where else f"line {number}"
    return BadInput(error.what, where=where, expected=error.expected)
