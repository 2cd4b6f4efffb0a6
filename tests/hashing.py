"""Passwords are hashed as everywhere, but for how long that takes: most tests only want an account.

Tests of passwords themselves take `as_installed`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from auditdash.accounts import passwords

_INSTALLED = passwords._HASHER


def pytest_configure() -> None:
    """For this process and those that are forked from it."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords._HASHER = quick  # type: ignore[misc]  # Final, but for tests


@pytest.fixture
def as_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash as an installation does."""
    monkeypatch.setattr(passwords, "_HASHER", _INSTALLED)
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()
