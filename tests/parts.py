"""The parts of ./check: each test gets the mark of exactly one, by what it uses."""

from __future__ import annotations

import pytest

PARTS = {
    "house": "the rules of the house: floors, owners, sizes, documents",
    "browser": "needs Chromium",
    "pdf": "has papers judged by veraPDF",
    "store": "needs a database",
    "unit": "needs nothing",
}
_BROWSER = {"chromium", "new_visit", "live_server"}
_STORE = {"database_url", "sqlite_template", "postgres_template"}


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, so that --strict-markers knows them."""
    for name, meaning in PARTS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its part."""
    for item in items:
        item.add_marker(find_part(item))


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
