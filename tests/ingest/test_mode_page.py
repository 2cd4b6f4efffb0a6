"""Mode's answer pages: records to the byte, and the cursor wherever it stands."""

from __future__ import annotations

import time

import pytest

from auditdash.events.errors import BadInput
from auditdash.ingest.sources.mode_page import parse_page


def test_records_come_out_to_the_byte() -> None:
    body = b'{"audit_logs": [ {"a" : 1.50},\n{"b":"\\u00e9"} ], "next_token": "n"}'
    assert parse_page(body).items == (b'{"a" : 1.50}', b'{"b":"\\u00e9"}')


@pytest.mark.parametrize(
    ("tail", "cursor"),
    [
        (b"", None),
        (b', "next_token": null', None),
        (b', "next_token": ""', None),
        (b', "next_token": "top"', "top"),
        (b', "next_token": 17', "17"),
        (b', "pagination": {"next_token": "below"}', "below"),
        (b', "pagination": {"next_token": null}', None),
        (b', "pagination": {}', None),
        (b', "pagination": null', None),
        (b', "pagination": []', None),
        (b', "next_token": "", "pagination": {"next_token": "below"}', "below"),
    ],
)
def test_the_cursor_is_found_at_the_top_or_under_pagination(
    tail: bytes, cursor: str | None
) -> None:
    assert parse_page(b'{"audit_logs": []' + tail + b"}").cursor == cursor


@pytest.mark.parametrize(
    "broken",
    [
        b'{"name": "\\ud800"}',
        b'{"n": NaN}',
        b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"bad": "\xff\xfe"}',
        b'{"brackets": "]}, \\" {[", "n": -Infinity}',
        b"nonsense",
    ],
)
def test_a_broken_record_does_not_break_its_page(broken: bytes) -> None:
    body = b'{"audit_logs": [{"id": "1"}, ' + broken + b', {"id": "2"}], "next_token": "n"}'
    page = parse_page(body)
    assert page.items == (b'{"id": "1"}', broken, b'{"id": "2"}')
    assert page.cursor == "n"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "empty"),
        (b"<html><body>Sign in</body></html>", "a web page"),
        (b"[]", "not a page"),
        (b"{}", "not a page"),
        (b'{"audit_logs": {}}', "not a page"),
        (b'{"audit_logs": [{"id": "1"}', "not a page"),
        (b'{"audit_logs": [{"id": "1"}]} and more', "not a page"),
        (b'{"_embedded": {"audit_logs": []}}', "not a page"),
        (b'{"audit_logs": [], "next_token": "' + b"x" * 20_000 + b'"}', "not usable"),
    ],
)
def test_what_is_no_page_is_refused_in_words(body: bytes, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        parse_page(body)


def test_a_page_without_events_may_say_null() -> None:
    assert parse_page(b'{"audit_logs": null}').items == ()


@pytest.mark.parametrize("text", [b'\\"', b'"\\', b"\\"])
def test_a_text_without_an_end_is_looked_for_once(text: bytes) -> None:
    began = time.process_time()
    with pytest.raises(BadInput):
        parse_page(b'{"a": "' + text * 16_000 + b"}")
    assert time.process_time() - began < 0.5
