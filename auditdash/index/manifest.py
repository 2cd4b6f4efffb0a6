"""Which files make up an index: the one thing that is written at once, so that all of it is."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, field

from auditdash.index.adopt import Mark
from auditdash.index.files.damage import IndexDamaged
from auditdash.index.files.dictionary import Extent
from auditdash.index.files.segment import Described

FORM: Final = 3  # of the files; another one is made again from the records
_NAME: Final = "manifest"
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Manifest(Struct, frozen=True, kw_only=True):
    """`folder` is that of its generation; `boot` is the run of the machine that wrote it."""

    form: int = FORM
    folder: str = "1"
    boot: str = ""
    mark: Mark = Mark()
    segments: tuple[Described, ...] = ()
    dictionaries: dict[str, Extent] = field(default_factory=dict)

    @property
    def highest_seq(self) -> int:
        """The events 1 … n are in the index."""
        return self.segments[-1].last_seq if self.segments else 0


def read_manifest(folder: Path) -> Manifest:
    """The manifest that stands; an empty one where there is none or it is of another form."""
    try:
        found = msgspec.msgpack.decode((folder / _NAME).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest()
    except msgspec.MsgspecError as error:
        raise IndexDamaged(f"the manifest cannot be read: {error}") from None
    if found.form != FORM:
        raise IndexDamaged(f"the manifest is of form {found.form}, not {FORM}")
    return found


def manifest_state(folder: Path) -> tuple[int, int, int] | None:
    """Another one when the manifest is another one."""
    try:
        state = (folder / _NAME).stat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """From here on the index is what this says."""
    draft = folder / f"{_NAME}.draft"
    draft.write_bytes(msgspec.msgpack.encode(manifest))
    draft.rename(folder / _NAME)


def boot_id() -> str:
    """Tells one run of the machine from the next: files that were not flushed survive a process,
    but not the machine. Empty where it cannot be told; then files are checked each time."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the place of the one writer of all processes; it ends with the process, too."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
