"""What the pages of summaries share: the address of a file, the answer to a wrong query."""

from __future__ import annotations

from flask import Response
from sqlalchemy import Connection

from auditdash.queries.timeline import find_highest_seq
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.web import fragments, readers
from auditdash.web.frame.question import Bar, link


def file_href(connection: Connection, path: str, text: str, **more: str | int) -> str:
    """The address of a file of what is shown now, whenever it is asked for."""
    highest = find_highest_seq(connection, readers.scope())
    return link(path, edit.freeze(text, readers.clock()), seq=highest, **more)


def answer_error(page: str, path: str, text: str, error: QueryError) -> Response:
    """400; a page that HTMX changes keeps its rows and shows what is wrong with the query."""
    answer = fragments.render(page, page, 400, bar=Bar(path=path, text=text, error=error))
    answer.headers["HX-Retarget"] = answer.headers["HX-Reselect"] = "#question"
    answer.headers["HX-Reswap"] = "outerHTML show:none"
    return answer
