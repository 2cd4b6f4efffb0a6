"""The small words of reports: periods of the form, lengths, long strings, versions."""

from __future__ import annotations

import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, parse_instant
from auditdash.events.periods import Period
from auditdash.reports import build
from auditdash.reports.build import auditdash_version, commit, tzdata_version
from auditdash.reports.orders.presets import closed, custom_period, file_stem, preset_period
from auditdash.reports.paper import length_text, shorten

_APIA = ZoneInfo("Pacific/Apia")
_NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("preset", "now", "days"),
    [
        ("last-month", "2026-11-23T12:00:00Z", "2026-10-01_2026-10-31"),
        ("last-month", "2026-11-01T03:00:00Z", "2026-09-01_2026-09-30"),  # still October there
        ("this-month", "2026-11-01T03:00:00Z", "2026-10-01_2026-10-31"),
        ("last-quarter", "2026-01-15T12:00:00Z", "2025-10-01_2025-12-31"),
        ("last-quarter", "2026-12-31T12:00:00Z", "2026-07-01_2026-09-30"),
        ("last-month", "2024-03-15T12:00:00Z", "2024-02-01_2024-02-29"),
    ],
)
def test_presets_are_whole_months_of_the_zone(preset: str, now: str, days: str) -> None:
    period = preset_period(preset, parse_instant(now), _NEW_YORK)
    assert file_stem(period, _NEW_YORK) == days


def test_custom_days_are_both_in_and_as_long_as_the_clocks_make_them() -> None:
    start, end = closed(custom_period("2026-03-08", "2026-03-08", _NEW_YORK))
    assert end - start == 23 * 3_600_000_000
    # Samoa skipped the day before this one.
    start, end = closed(custom_period("2011-12-31", "2011-12-31", _APIA))
    assert end - start == 24 * 3_600_000_000


@pytest.mark.parametrize(
    "period",
    [Period(), Period(Instant(1)), Period(None, Instant(1)), Period(Instant(1), Instant(1))],
)
def test_a_period_without_both_ends_is_refused(period: Period) -> None:
    with pytest.raises(BadInput, match="the period is empty"):
        closed(period)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.5, "1 s"),
        (45, "45 s"),
        (3_600, "1 h"),
        (93_784, "1 day 2 h 3 min 4 s"),
        (3 * 86_400, "3 days"),
    ],
)
def test_lengths_are_told_whole(seconds: float, text: str) -> None:
    assert length_text(int(seconds * 1_000_000)) == text


def test_a_long_string_is_cut_and_says_by_how_much() -> None:
    assert shorten("x" * 240) == "x" * 240
    assert shorten("x" * 1_241) == "x" * 240 + " … (+1,001 characters)"
    assert shorten("a\x00b\u202ec") == "a␀b\ufffdc"
    assert shorten(Markup("<b>") + Markup("x") * 1_000) == "<b>" + "x" * 1_000
    assert shorten(5) == 5


def test_a_report_names_the_code_and_the_zones_that_made_it() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", auditdash_version())
    assert re.fullmatch(r"[0-9a-f]{40}|", commit())
    assert tzdata_version()


def test_a_repository_that_may_not_be_read_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = tmp_path / ".git"
    git.mkdir()
    (git / "HEAD").write_text("a" * 40 + "\n")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    assert commit.__wrapped__() == "a" * 40
    user = os.geteuid()
    git.chmod(0)
    try:
        os.seteuid(user or 65534)  # root may read everything
        assert commit.__wrapped__() == ""
    finally:
        os.seteuid(user)
        git.chmod(0o700)
