"""Secrets at rest: only the key file of the instance opens them."""

from __future__ import annotations

import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auditdash.store.feeds.sealing import CannotUnseal, seal, unseal


def test_what_was_sealed_can_be_unsealed(tmp_path: Path) -> None:
    sealed = seal(tmp_path / "instance", b"secret")
    assert b"secret" not in sealed
    assert unseal(tmp_path / "instance", sealed) == b"secret"


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    seal(tmp_path, b"secret")
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_of_several_makers_of_the_key_one_wins_and_all_use_its_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        sealed = list(pool.map(lambda _: seal(tmp_path, b"secret"), range(16)))
    assert {unseal(tmp_path, each) for each in sealed} == {b"secret"}


def test_without_the_key_the_error_names_the_file_and_makes_no_new_one(tmp_path: Path) -> None:
    sealed = seal(tmp_path, b"secret")
    (tmp_path / "secret.key").unlink()
    with pytest.raises(CannotUnseal, match=r"secret\.key: the key file is missing"):
        unseal(tmp_path, sealed)
    assert not (tmp_path / "secret.key").exists()


def test_what_was_changed_is_not_opened(tmp_path: Path) -> None:
    sealed = urlsafe_b64decode(seal(tmp_path, b"secret"))
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(CannotUnseal, match="does not open the stored secret"):
            unseal(tmp_path, urlsafe_b64encode(changed))


@pytest.mark.parametrize("key", [b"", b"short", b"A" * 43 + b"=\n"])
def test_another_key_is_told_from_a_missing_one(tmp_path: Path, key: bytes) -> None:
    sealed = seal(tmp_path, b"secret")
    (tmp_path / "secret.key").write_bytes(key)
    with pytest.raises(CannotUnseal, match="does not open the stored secret"):
        unseal(tmp_path, sealed)
