"""The parts of the suite: each test gets the mark of exactly one, by what it uses.

They run in one go, so that no core waits for the last test of a part: what takes long comes first,
and what is short fills the end.
"""

from __future__ import annotations

import pytest

# In the order in which they run.
PARTS = {
    "house": "the rules of the house: floors, owners, sizes, documents",
    "pdf": "has papers judged by veraPDF",
    "browser": "needs Chromium",
    "store": "needs a database",
    "unit": "needs nothing",
}
_BROWSER = {"chromium", "new_visit", "live_server"}
_STORE = {"database_url", "sqlite_template", "postgres_template"}
# Of these each test may go to any worker; the others are so short that a module goes to one. All
# papers go to one: its Java judges the tenth in a quarter of the time that it takes for the first.
_ONE_BY_ONE = {"browser"}
_TOGETHER = {"pdf"}
_seconds: dict[str, float] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, so that --strict-markers knows them."""
    for name, meaning in PARTS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


@pytest.hookimpl(tryfirst=True)  # before -m selects, and before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its part, and with its module where that goes to one worker."""
    for item in items:
        part = find_part(item)
        item.add_marker(part)
        if part not in _ONE_BY_ONE or _shares(item):
            module = item.nodeid.partition("::")[0]
            item.add_marker(pytest.mark.xdist_group(part if part in _TOGETHER else module))
    order = list(PARTS)
    items.sort(key=lambda item: (order.index(find_part(item)), not _is_property(item)))


@pytest.hookimpl(trylast=True)  # behind xdist, which writes the group behind the name
def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop where groups are lost: what modules share would be made by each worker, unseen."""
    if session.config.getoption("loadgroup", default=False):
        for item in session.items:
            if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
                message = f"{item.nodeid} has lost its group: pytest and xdist do not fit"
                raise pytest.UsageError(message)


def find_part(item: pytest.Item) -> str:
    """The part of a test, told from its module and its fixtures, those of fixtures included."""
    fixtures = set(getattr(item, "fixturenames", ()))
    module = item.getparent(pytest.Module)
    names = vars(module.obj) if module else {}
    if names.get("__name__", "").endswith(".test_house"):
        return "house"
    if fixtures & _BROWSER:
        return "browser"
    if "judge" in names:
        return "pdf"
    return "store" if fixtures & _STORE else "unit"


def _is_property(item: pytest.Item) -> bool:
    """Whether hypothesis tries it many times, which makes its module a long one."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def _shares(item: pytest.Item) -> bool:
    """Whether its module makes something once for all of its tests."""
    info = getattr(item, "_fixtureinfo", None)
    found = info.name2fixturedefs.values() if info else ()
    return any(each.scope == "module" for made in found for each in made)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up how long each part takes."""
    for part in PARTS:
        if part in report.keywords:
            _seconds[part] = _seconds.get(part, 0.0) + report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell it; workers work side by side, so all takes less than the sum."""
    told = " · ".join(f"{part} {_seconds[part]:.0f} s" for part in PARTS if part in _seconds)
    if told:
        terminalreporter.line(f"work: {told}")
