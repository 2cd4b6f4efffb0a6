"""What templates may call: words of events, numbers, versioned assets, the form token."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from flask import Flask, g, request, url_for
from markupsafe import Markup

from auditdash.accounts.roles import Permission
from auditdash.events import catalogue, wording
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.store.engine import reading
from auditdash.store.feeds.silences import Silence, find_open_silences
from auditdash.store.feeds.watches import find_watch
from auditdash.store.sending.notices import Notice, find_notices
from auditdash.web import fragments, readers
from auditdash.web.entry import door
from auditdash.web.frame.question import quoted
from auditdash.web.readers import Reader
from auditdash.web.taking.menu import file_forms

_MOST_WRITTEN: Final = 512  # small things that look the same on each page
# Our own access records are events too; the filter stands in the box and can be taken away.
TIMELINE: Final = "/timeline?q=-source:auditdash"
# Each word of the navigation: its text, where it leads, and what a reader needs for it.
NAVIGATION: Final = (
    ("Timeline", TIMELINE, Permission.READ),
    ("Charts", "/charts?q=-source:auditdash", Permission.READ),
    ("Exports", "/summaries/exports", Permission.READ),
    ("Permission changes", "/summaries/permissions", Permission.READ),
    ("Access", "/access", Permission.READ),
    ("Inventory", "/inventory", Permission.READ),
    ("What changed", "/changed", Permission.READ),
    ("Reports", "/reports", Permission.READ),
    ("Coverage", "/coverage", Permission.READ),
    ("Intake", "/intake", Permission.INTAKE),
    ("Settings", "/settings", Permission.OWN),
)

# What is shown to who is limited, too.
SCOPED: Final = frozenset({"/timeline", "/charts", "/summaries/exports", "/summaries/permissions"})


def install(app: Flask) -> None:
    """Add the filters, and what every template knows."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["number"] = number_text
    app.jinja_env.filters["sentence"] = wording.sentence
    app.jinja_env.filters["sentence_parts"] = wording.sentence_parts
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["clock_time"] = clock_time
    app.jinja_env.filters["category_label"] = catalogue.category_label
    app.jinja_env.filters["printable"] = wording.printable
    app.jinja_env.filters["file_forms"] = file_forms
    app.jinja_env.filters["quoted"] = quoted
    app.jinja_env.filters["rfc3339"] = to_rfc3339
    app.jinja_env.filters["attributes"] = attributes
    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.globals["csrf_field"] = csrf_field
    app.jinja_env.globals["once"] = lru_cache(maxsize=_MOST_WRITTEN)
    app.context_processor(_page_context)


def number_text(count: int | float) -> str:
    """Digits in groups of three: 40,000."""
    return f"{count:,}"


def moment(instant: Instant) -> str:
    """Day and time in the reader's zone, which is named."""
    return wording.moment_text(instant, readers.zone())


def day(instant: Instant) -> str:
    """The day in the reader's zone."""
    return wording.day_text(instant, readers.zone())


def clock_time(instant: Instant) -> str:
    """The time of day in the reader's zone."""
    return wording.time_text(instant, readers.zone())


def attributes(named: Mapping[str, object]) -> Markup:
    """Attributes of an element: True stands bare, None and False stay out, _ becomes -."""
    given = Markup("")
    for name, value in named.items():
        bare = name.strip("_").replace("_", "-")
        if value is True:
            given += Markup(" {}").format(bare)
        elif value is not None and value is not False:
            given += Markup(' {}="{}"').format(bare, value)
    return given


def static_url(name: str) -> str:
    """The address of a file under static/, which changes with its content."""
    return _versioned(request.script_root, name, readers.static_folder())


def csrf_field() -> Markup:
    """The hidden field that each form with method post carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(door.csrf_token())


def _page_context() -> dict[str, object]:
    reader = readers.reader_or_none()
    return {
        "reader": reader,
        "unseen_notices": _told(reader) if reader else (),
        "silent_feeds": _silent(reader) if reader else (),
        "theme": reader.theme if reader else _cookie_theme(),
        "workspaces": g.get("workspaces", []),
        "navigation": [word[:2] for word in NAVIGATION if reader and _leads(reader, word)],
        "hides_addresses": readers.hides_addresses(),
        "now": readers.now(),
        "is_signed_in": door.is_signed_in(),
        "current_path": request.path,
        "here": fragments.current_path() if request.method == "GET" else "/",
        "csrf_token": reader.csrf_token if reader else "",
    }


def _leads(reader: Reader, word: tuple[str, str, Permission]) -> bool:
    """Whether a word of the navigation leads anywhere for this reader."""
    needs_all = word[2] is Permission.READ and word[1].partition("?")[0] not in SCOPED
    return reader.may(word[2]) and not (reader.is_limited and needs_all)


def _told(reader: Reader) -> Sequence[Notice]:
    """What this reader has to be told; it stands in the frame, which parts do not have."""
    if fragments.is_fragment() or not reader.may(Permission.REPORTS):
        return ()
    with reading(readers.engine()) as connection:
        return find_notices(connection, reader.workspace.id, reader.person_id)


def _silent(reader: Reader) -> Sequence[Silence]:
    """Which feeds are silent now: it stands on each page of who sees the whole workspace."""
    if fragments.is_fragment() or reader.is_limited or not reader.may(Permission.READ):
        return ()
    with reading(readers.engine()) as connection:
        lasting = find_open_silences(connection, reader.workspace.id)
        if not lasting:
            return ()
        watch = find_watch(connection, reader.workspace.id)
    return [each for each in lasting if watch.is_on and each.source not in watch.left_out]


def _cookie_theme() -> str:
    theme = door.choice_of("theme")
    return theme if theme in door.THEMES else door.THEMES[0]


@lru_cache(maxsize=_MOST_WRITTEN)  # a page has twenty
def _versioned(_script_root: str, name: str, folder: str) -> str:
    return f"{url_for('static', filename=name)}?v={_version(name, folder)}"


@cache
def _version(name: str, folder: str) -> str:
    return hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()[:12]
