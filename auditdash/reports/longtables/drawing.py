"""Draws long tables into the room that the pages left for them, and tags them as tables.

The room is a blockquote, which nothing else of a report is: the structure element that WeasyPrint
makes for the first one of a table becomes the table. Its head is told once, and is an artifact on
each other page; cells name their column and row by scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any, Final

import pydyf
from msgspec import Struct
from weasyprint import Document
from weasyprint.formatting_structure.boxes import BlockBox
from weasyprint.pdf.stream import Stream

from auditdash.reports.longtables.layout import Part, Place, Set, Sheet, line_height, top_of_text
from auditdash.reports.longtables.shaping import Voices

ROOM: Final = "blockquote"
_RULE: Final = b"0.894 0.906 0.925 RG 0.667 w"
_STRONG: Final = b"0.804 0.824 0.855 RG 1 w"


class Filled(Struct, frozen=True, kw_only=True):
    """A long table, set: one sheet for each of its rooms."""

    places: tuple[Place, ...]
    head: Part
    sheets: tuple[Sheet, ...]


class _Marked(Struct, frozen=True):
    """A row on a page: the tag and the marked content of each cell; -1 for an empty one."""

    page: int
    tags: tuple[str, ...]
    marks: tuple[int, ...]
    is_head: bool


class Pen:
    """Draws the tables of one document, and remembers what it marked for the tree."""

    def __init__(self, document: Document, tables: Sequence[Filled], voices: Voices) -> None:
        self._voices = voices
        self._rows: list[list[_Marked]] = [[] for _ in tables]
        self._marks: dict[int, Iterator[int]] = {}
        self._tables = tables
        document.fonts.update(voices.fonts)
        rooms = _rooms(document)
        for number, table in enumerate(tables):
            for sheet in table.sheets:
                page, x, y = next(rooms)
                target = document.pages[page]
                target.paint = partial(self._paint, target.paint, page, (x, y), number, sheet)

    def _paint(
        self,
        before: Any,
        page: int,
        corner: tuple[float, float],
        number: int,
        sheet: Sheet,
        stream: Stream,
        scale: float = 1,
    ) -> None:
        before(stream, scale)
        table, (x, y) = self._tables[number], corner
        # after what the page has marked itself, and any other table of the page
        marks = self._marks.setdefault(page, count(len(stream._tags)))
        with stream.stacked():
            stream.transform(a=scale, d=scale)
            rules = [(y + table.head.height, _STRONG)]
            self._head(stream, number, page, corner, marks)
            y += table.head.height
            tags = tuple("TH" if each.column.is_header else "TD" for each in table.places)
            for part in sheet.parts:
                marked = self._row(stream, table, part, (x, y), marks)
                self._rows[number].append(_Marked(page, tags, marked, is_head=False))
                y += part.height
                rules.append((y, _RULE))
            right = x + table.places[-1].left + table.places[-1].width
            with stream.artifact():
                for at, style in rules:
                    line = b"%b %.2f %.2f m %.2f %.2f l S" % (style, x, at, right, at)
                    stream.stream.append(line)

    def _head(
        self,
        stream: Stream,
        number: int,
        page: int,
        corner: tuple[float, float],
        marks: Iterator[int],
    ) -> None:
        """The head is told once; on each other page it is an artifact."""
        table, is_first = self._tables[number], not self._rows[number]
        marked = self._row(stream, table, table.head, corner, marks if is_first else None)
        if is_first:
            tags = ("TH",) * len(marked)
            self._rows[number].append(_Marked(page, tags, marked, is_head=True))

    def _row(
        self,
        stream: Stream,
        table: Filled,
        part: Part,
        corner: tuple[float, float],
        marks: Iterator[int] | None,
    ) -> tuple[int, ...]:
        """Draw one row; the numbers of its marked cells, -1 where nothing stands. Without `marks`
        it is an artifact."""
        found = []
        for place, cell in zip(table.places, part.cells, strict=True):
            if not cell:
                found.append(-1)
                continue
            if marks is not None:
                number = next(marks)
                found.append(number)
                stream.stream.append(b"/TD <</MCID %d>> BDC" % number)
            else:
                stream.stream.append(b"/Artifact BMC")
            self._cell(stream, place, cell, corner)
            stream.stream.append(b"EMC")
        return tuple(found)

    def _cell(
        self, stream: Stream, place: Place, cell: Sequence[Set], corner: tuple[float, float]
    ) -> None:
        x, y = corner[0] + place.left, corner[1] + top_of_text()
        for each in cell:
            voice = getattr(self._voices, each.tone)
            at = x + place.width - each.line.width if place.column.align == "right" else x
            stream.set_color(voice.style["color"])
            stream.stream.append(
                b"BT 1 0 0 -1 %.2f %.2f Tm\n%b\nET" % (at, y + voice.baseline, each.line.operators)
            )
            y += line_height(each.tone, self._voices)

    def add_tags(self, pdf: pydyf.PDF) -> None:
        """Hang the tables into the structure tree; after WeasyPrint has made it."""
        found = [each for each in pdf.objects if _kind(each) == "/BlockQuote"]
        nums = _parent_tree(pdf)
        pages = pdf.page_references  # which pydyf makes anew each time
        for rows, table in zip(self._rows, self._tables, strict=True):
            own, found = found[: len(table.sheets)], found[len(table.sheets) :]
            for each in own[1:]:
                each["S"] = "/NonStruct"
            own[0]["S"] = "/Table"
            head = _element(pdf, own[0], "THead", pages[rows[0].page])
            body = _element(pdf, own[0], "TBody", pages[rows[0].page])
            for marked in rows:
                parent = head if marked.is_head else body
                _tag_row(pdf, parent, marked, pages[marked.page], nums[marked.page])


def _rooms(document: Document) -> Iterator[tuple[int, float, float]]:
    """Page and place of each room, in the order of the document."""
    for number, page in enumerate(document.pages):
        for box in page._page_box.descendants():
            if isinstance(box, BlockBox) and box.element_tag == ROOM:
                yield number, box.content_box_x(), box.content_box_y()


def _kind(each: object) -> str:
    is_element = isinstance(each, pydyf.Dictionary) and each.get("Type") == "/StructElem"
    return str(each.get("S", "")) if is_element else ""  # type: ignore[attr-defined]  # a dict, then


def _parent_tree(pdf: pydyf.PDF) -> dict[int, Any]:
    """Of each page the list of elements, by the numbers of its marked content."""
    root = pdf.objects[int(pdf.catalog["StructTreeRoot"].split()[0])]
    flat = pdf.objects[int(root["ParentTree"].split()[0])]["Nums"]
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _element(pdf: pydyf.PDF, parent: Any, tag: str, page: bytes) -> Any:
    element = pydyf.Dictionary(
        {
            "Type": "/StructElem",
            "S": f"/{tag}",
            "K": pydyf.Array(),
            "Pg": page,
            "P": parent.reference,
        }
    )
    pdf.add_object(element)
    parent["K"].append(element.reference)
    return element


def _tag_row(pdf: pydyf.PDF, parent: Any, marked: _Marked, page: bytes, nums: Any) -> None:
    row = _element(pdf, parent, "TR", page)
    for tag, mark in zip(marked.tags, marked.marks, strict=True):
        cell = _element(pdf, row, tag, page)
        if tag == "TH":
            scope = "/Column" if marked.is_head else "/Row"
            cell["A"] = pydyf.Dictionary({"O": "/Table", "Scope": scope})
        if mark >= 0:
            cell["K"].append(mark)
            nums.append(cell.reference)
