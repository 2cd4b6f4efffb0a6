"""A folder as destination: whole or not at all, never over another file, never elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditdash.events.errors import BadInput
from auditdash.outgoing.folder import check_folder, parse_folder, put_in_folder
from auditdash.outgoing.outcome import RefusedError, UnavailableError
from tests.outgoing.parcels import make_parcel


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root"
    path.mkdir()
    return path


def test_a_file_stands_there_alone(root: Path, tmp_path: Path) -> None:
    parcel = make_parcel(tmp_path, b"first")
    said = put_in_folder(root, "monthly/acme", parcel)
    target = root / "monthly" / "acme" / parcel.name
    assert said == f"stands at {target}"
    assert target.read_bytes() == b"first"
    assert list(target.parent.iterdir()) == [target]


def test_the_same_file_again_is_enough_and_another_is_refused(root: Path, tmp_path: Path) -> None:
    put_in_folder(root, "", make_parcel(tmp_path, b"first"))
    assert "stands at" in put_in_folder(root, "", make_parcel(tmp_path, b"first"))
    with pytest.raises(RefusedError, match="nothing is replaced"):
        put_in_folder(root, "", make_parcel(tmp_path, b"second"))
    assert [path.read_bytes() for path in root.iterdir()] == [b"first"]


def test_what_a_killed_attempt_left_is_no_obstacle(root: Path, tmp_path: Path) -> None:
    parcel = make_parcel(tmp_path, b"first")
    put_in_folder(root, "", parcel)
    (root / parcel.name).unlink()
    for left in root.parent.glob("root/.*"):
        raise AssertionError(left)
    put_in_folder(root, "", parcel)
    assert (root / parcel.name).read_bytes() == b"first"


def test_a_file_that_comes_in_between_is_not_replaced(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel, fsync = make_parcel(tmp_path, b"ours"), os.fsync

    def sync(handle: int) -> None:
        (root / parcel.name).write_bytes(b"theirs")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(RefusedError, match="nothing is replaced"):
        put_in_folder(root, "", parcel)
    assert [path.read_bytes() for path in root.iterdir()] == [b"theirs"]


@pytest.mark.parametrize(
    "text",
    [
        "..",
        "../x",
        "a/../../b",
        "/a/./b",
        "a//b",
        ".hidden",
        "a/.ssh",
        "a\x00b",
        "~x",
        "a\\b",
        "a\nb",
    ],
)
def test_no_name_leads_out_or_hides(text: str) -> None:
    with pytest.raises(BadInput):
        parse_folder(text)


@pytest.mark.parametrize(("text", "path"), [("", ""), ("/", ""), (" /a/b c/ ", "a/b c")])
def test_a_folder_is_below_the_root(text: str, path: str) -> None:
    assert parse_folder(text) == path


def test_a_link_leads_nowhere_else(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="leads out"):
        put_in_folder(root, "out", make_parcel(tmp_path, b"x"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_without_a_root_no_folder_is_one(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="AUDITDASH_SEND_FOLDER"):
        put_in_folder(None, "", make_parcel(tmp_path, b"x"))
    with pytest.raises(UnavailableError):
        check_folder(tmp_path / "gone", "")
    assert check_folder(root, "monthly").endswith("can be written to")
