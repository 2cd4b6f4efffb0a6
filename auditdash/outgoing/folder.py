"""A folder as destination: a file is there whole or not at all, and never replaces another."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Final

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.outgoing.outcome import Parcel, RefusedError, UnavailableError

_PART: Final = re.compile(r"\w[\w .@+-]{0,99}")
_MOST_PARTS: Final = 8


def parse_folder(text: str) -> str:
    """A path below the root that settings allow, such as `compliance/monthly`; else BadInput.

    Names of parts begin with a letter or digit, so nothing is hidden and nothing leads upwards.
    """
    path = text.strip().strip("/")
    parts = path.split("/") if path else []
    if len(parts) > _MOST_PARTS or not all(_PART.fullmatch(part) for part in parts):
        raise BadInput(
            f"{shorten(text)} is not a folder below the root",
            where="folder",
            expected="names of letters, digits, spaces and . _ - @ +, with / between them",
        )
    return "/".join(parts)


def find_folder(root: Path | None, below: str) -> Path:
    """The folder, which is made when it is not there. RefusedError when it lies outside of the
    root, by a link too; UnavailableError when the root is not there."""
    if root is None:
        raise RefusedError("no folder is allowed; an operator can allow one: AUDITDASH_SEND_FOLDER")
    try:
        real = root.resolve(strict=True)
        folder = (real / below).resolve()
        if folder != real and real not in folder.parents:
            raise RefusedError(f"{below} leads out of the folder that is allowed")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"the folder cannot be used: {error.strerror}") from None
    return folder


def check_folder(root: Path | None, below: str) -> str:
    """Whether a file could be put there now, in words; raises SendingError."""
    folder = find_folder(root, below)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnavailableError(f"this user may not write to {folder}")
    return f"{folder} can be written to"


def put_in_folder(root: Path | None, below: str, parcel: Parcel) -> str:
    """Put a file there; where it is, in words. The same file that is there already is enough.

    RefusedError when another file has its name: nothing is ever replaced.
    """
    folder = find_folder(root, below)
    target = folder / parcel.name
    draft = folder / f".{parcel.name}.{hashlib.sha256(parcel.key.encode()).hexdigest()[:12]}.part"
    try:
        if target.exists():
            return _known(target, parcel)
        _copy(parcel.path, draft)
        try:
            os.link(draft, target)  # fails where a rename would replace
        except FileExistsError:
            return _known(target, parcel)
        finally:
            draft.unlink(missing_ok=True)
        _sync(folder)
    except OSError as error:
        raise UnavailableError(f"{target} cannot be written: {error.strerror}") from None
    return f"stands at {target}"


def _known(target: Path, parcel: Parcel) -> str:
    with target.open("rb") as file:
        same = hashlib.file_digest(file, "sha256").digest() == parcel.sha256
    if not same:
        raise RefusedError(f"{target} is there already, with another content; nothing is replaced")
    return f"stands at {target}"


def _copy(source: Path, draft: Path) -> None:
    draft.unlink(missing_ok=True)  # of an attempt that was killed
    with source.open("rb") as given, draft.open("xb") as file:
        shutil.copyfileobj(given, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
