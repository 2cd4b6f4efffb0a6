"""The one installation that several journeys walk through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.scene import TEXTS, Scene, open_scene


@pytest.fixture(scope="session")
def scene(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The real app with a workspace in which everything happened, and one without an event."""
    with open_scene(sqlite_template, tmp_path_factory.mktemp("scene"), TEXTS) as found:
        yield found
