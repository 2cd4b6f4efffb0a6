"""One workspace's index as this process sees it: what stands, and the one way to add to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from auditdash.index.adopt import Dictionaries, adopt
from auditdash.index.batch import Batch
from auditdash.index.files.damage import IndexDamaged
from auditdash.index.files.segment import Segment, open_segment, write_segment
from auditdash.index.manifest import (
    Manifest,
    boot_id,
    locked,
    manifest_state,
    read_manifest,
    write_manifest,
)
from auditdash.index.merge import choose_run, merge

_LOOKS: Final = 10


class Snapshot(Struct, frozen=True, eq=False):
    """Segments of the events 1 … highest_seq, in their order; more entries do no harm to them."""

    manifest: Manifest
    segments: tuple[Segment, ...]
    dictionaries: Dictionaries

    @property
    def highest_seq(self) -> int:
        """The events 1 … n are in it."""
        return self.manifest.highest_seq


class Archive:
    """Many threads and processes read; one at a time adds."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.checked: set[bytes] = set()  # hashes that were found in the database, too
        self._lock = RLock()
        self._state: object = ()
        self._snapshot = Snapshot(Manifest(), (), Dictionaries())

    def look(self) -> Snapshot:
        """What stands now; IndexDamaged when it cannot be read."""
        if self._state == manifest_state(self.folder):
            return self._snapshot
        with self._lock:
            for _ in range(_LOOKS):
                state = manifest_state(self.folder)
                if self._state == state:
                    return self._snapshot
                try:
                    self._snapshot = self._load(read_manifest(self.folder))
                    self._state = state
                except IndexDamaged:
                    # A merge may have taken away what the manifest named when it was read.
                    if manifest_state(self.folder) == state:
                        raise
        raise IndexDamaged("the manifest changes faster than it can be read")

    def _load(self, manifest: Manifest) -> Snapshot:
        known = self._snapshot
        check = manifest.boot != boot_id() or not manifest.boot
        folder = self.folder / manifest.folder
        same = known.manifest.folder == manifest.folder
        dictionaries = known.dictionaries if same else Dictionaries()
        for name, extent in manifest.dictionaries.items():
            dictionaries[name].load(folder / f"{name}.dict", extent, check=check)
        opened = {segment.described: segment for segment in known.segments} if same else {}
        segments = tuple(
            opened.get(described) or open_segment(folder, described, check=check)
            for described in manifest.segments
        )
        return Snapshot(manifest, segments, dictionaries)

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """The place of the one writer, when it is free."""
        with self._lock, locked(self.folder):
            snapshot = self.look()
            try:
                yield Writer(self, snapshot)
            except BaseException:
                # Entries may have come to dictionaries in memory alone.
                self._forget()
                raise

    def start_over(self) -> None:
        """Begin an empty index: the old one is not what it must be."""
        with self._lock, locked(self.folder):
            try:
                old = read_manifest(self.folder).folder
            except IndexDamaged:
                old = ""
            self._forget()
            name = str(int(old) + 1) if old.isdigit() else "1"
            while (self.folder / name).exists():
                name = str(int(name) + 1)
            write_manifest(self.folder, Manifest(folder=name, boot=boot_id()))
            for each in self.folder.iterdir():
                if each.is_dir() and each.name != name:
                    shutil.rmtree(each)

    def draft_folder(self) -> Path:
        """An empty folder beside the index, for one that is to take its place."""
        folder = self.folder.with_name(f"{self.folder.name}.draft")
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def replace_by(self, other: Archive) -> None:
        """Let another index of the same events take the place of this one."""
        with self._lock, locked(self.folder):
            before = {each for each in self.folder.iterdir() if each.is_dir()}
            numbers = [int(each.name) for each in before if each.name.isdigit()]
            name = str(max(numbers, default=0) + 1)
            (other.folder / other.look().manifest.folder).rename(self.folder / name)
            write_manifest(self.folder, replace(other.look().manifest, folder=name))
            self._forget()
            for each in before:
                shutil.rmtree(each)
        shutil.rmtree(other.folder)

    def _forget(self) -> None:
        self._state = ()
        self.checked = set()
        self._snapshot = Snapshot(Manifest(), (), Dictionaries())

    def stands(self, snapshot: Snapshot) -> None:
        """What the writer has published."""
        self._snapshot = snapshot
        self._state = manifest_state(self.folder)


class Writer:
    """Adds to an index; what it has added stands when `append` returns."""

    def __init__(self, archive: Archive, snapshot: Snapshot) -> None:
        self._archive = archive
        self.snapshot = snapshot

    def append(self, batch: Batch, content_hash: bytes) -> None:
        """Add the events that follow the highest; `content_hash` is that of the last one."""
        snapshot = self.snapshot
        if batch.first_seq != snapshot.highest_seq + 1:
            raise ValueError(f"seq {batch.first_seq} does not follow {snapshot.highest_seq}")
        folder = self._archive.folder / snapshot.manifest.folder
        folder.mkdir(mode=0o700, exist_ok=True)
        columns, mark = adopt(batch, snapshot.dictionaries, snapshot.manifest.mark)
        added = write_segment(folder, batch.first_seq, columns, content_hash)
        before = (*snapshot.segments, added)
        segments, replaced = _merged(folder, before)
        extents = {
            each.name: each.save(folder / f"{each.name}.dict")
            for each in snapshot.dictionaries.all()
        }
        manifest = replace(
            snapshot.manifest,
            boot=boot_id(),
            mark=mark,
            segments=tuple(segment.described for segment in segments),
            dictionaries=extents,
        )
        write_manifest(self._archive.folder, manifest)
        self.snapshot = Snapshot(manifest, segments, snapshot.dictionaries)
        self._archive.stands(self.snapshot)
        for segment in replaced:
            (folder / segment.described.file_name).unlink(missing_ok=True)


def _merged(
    folder: Path, segments: tuple[Segment, ...]
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """The segments with the last ones in one, where that is due; and those that it replaces."""
    run = choose_run([segment.described for segment in segments])
    if run < 2:
        return segments, ()
    last = segments[-run:]
    content_hash = last[-1].described.hash
    merged = write_segment(folder, last[0].first_seq, merge(last), content_hash)
    return (*segments[:-run], merged), last
