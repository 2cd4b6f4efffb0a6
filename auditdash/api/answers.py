"""How an answer goes out: JSON with a mark of what it says, a table in the form that was asked for,
packed where that is understood."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, Response, current_app, request
from msgspec import Struct, json
from msgspec.structs import replace
from sqlalchemy import Connection
from werkzeug.exceptions import ServiceUnavailable

from auditdash.api.call import Call
from auditdash.downloads.cells import Value
from auditdash.downloads.csv import MEDIA_TYPE as CSV_TYPE
from auditdash.downloads.csv import iterate_table
from auditdash.downloads.places import RETRY_SECONDS, TOO_MANY, iterate_file, take_place

_JSON: Final = "application/json"
_CSV: Final = "text/csv"
_ROWS_AT_ONCE: Final = 500
_WORTH_PACKING: Final = 1_000  # bytes
_PACKED: Final = {_JSON, _CSV, "application/x-ndjson", "application/problem+json", "text/html"}
_GZIP: Final = 31  # zlib's word for its header and trailer
_LEVEL: Final = 5

Rows = Callable[[Connection], Iterable[Sequence[Value]]]


def install(app: Flask) -> None:
    """Pack what goes out of the API."""
    app.after_request(_pack)


def answer_json(found: Struct, status: int = 200, following: str | None = None) -> Response:
    """A struct. Its mark leaves out `highest_seq`, which every reading moves: who asks again with
    `If-None-Match` gets 304 while nothing else has changed."""
    body = json.encode(found)
    response = Response(body, status, content_type=_JSON)
    if request.method in {"GET", "HEAD"}:
        still = (
            json.encode(replace(found, highest_seq=0)) if hasattr(found, "highest_seq") else body
        )
        response.set_etag(sha256(still).hexdigest(), weak=True)
    response.headers["Vary"] = "Accept, Authorization"
    if following is not None:
        response.headers["Link"] = f'<{address(after=following)}>; rel="next"'
    response.make_conditional(request)
    return response


def answer_bytes(body: bytes, media_type: str) -> Response:
    """What is the same for everybody, with the hash of it."""
    response = Response(body, content_type=media_type)
    response.set_etag(sha256(body).hexdigest(), weak=True)
    response.make_conditional(request)
    return response


def answer_table(call: Call, name: str, columns: Sequence[str], rows: Rows) -> Response:
    """All rows as CSV or NDJSON, by what was accepted: read while they go out."""
    installation = call.reader.installation
    place = take_place(installation.downloads)
    if place is None:
        raise ServiceUnavailable(TOO_MANY, retry_after=RETRY_SECONDS)
    is_csv = call.form == _CSV

    def iterate(connection: Connection) -> Iterator[bytes]:
        found = rows(connection)
        return iterate_table(columns, found) if is_csv else _iterate_lines(columns, found)

    response = Response(
        iterate_file(installation.engine, iterate, place),
        content_type=CSV_TYPE if is_csv else call.form,
    )
    response.headers["Vary"] = "Accept, Authorization"
    file_name = f"{call.reader.workspace.slug}-{name}.{'csv' if is_csv else 'ndjson'}"
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    response.call_on_close(place.leave)
    return response


def objects(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> list[dict[str, Any]]:
    """Rows as objects, by the names of the columns."""
    return [dict(zip(columns, row, strict=True)) for row in rows]


def address(**changed: str) -> str:
    """The same request with other arguments."""
    kept = {name: value for name, value in request.args.items() if name not in changed}
    return f"{request.path}?{urlencode({**kept, **changed})}"


def _iterate_lines(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    held: list[bytes] = []
    for row in rows:
        held.append(json.encode(dict(zip(columns, row, strict=True))) + b"\n")
        if len(held) >= _ROWS_AT_ONCE:
            yield b"".join(held)
            held = []
    yield b"".join(held)


def _pack(response: Response) -> Response:
    """gzip, where it is understood and worth it; a file goes out piece by piece as before."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not hasattr(view, "operation") or response.mimetype not in _PACKED:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 304 or response.direct_passthrough or request.method == "HEAD":
        return response
    if not request.accept_encodings["gzip"] or "Content-Encoding" in response.headers:
        return response
    if response.is_streamed:
        if close := getattr(response.response, "close", None):
            response.call_on_close(close)
        response.response = _packed(response.iter_encoded())
    elif len(response.get_data()) < _WORTH_PACKING:
        return response
    else:
        response.set_data(b"".join(_packed([response.get_data()])))
    response.headers["Content-Encoding"] = "gzip"
    return response


def _packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    for part in parts:
        if packed := packer.compress(part):
            yield packed
    yield packer.flush()
