"""The distinct values of one kind, numbered in the order of their first occurrence."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.index.batch import Entry
from auditdash.index.files.damage import IndexDamaged
from auditdash.index.finding.by_key import ByKey
from auditdash.index.finding.by_word import ByWord, Codes
from auditdash.search.checks import fits

_LENGTH: Final = 4
_KEPT_BYTES: Final = 4 << 20  # of the tables of choices; one takes a byte an entry
_decoder = msgspec.msgpack.Decoder(list[Entry])

# Texts of an entry by which it is found, folded; None has no key.
Keys = Callable[[Entry], Iterable[str]]
# The folded words of an entry, texts apart.
Words = Callable[[Entry], str]


class Extent(Struct, frozen=True):
    """How much of a dictionary's file holds: its entries, bytes, and their CRC-32."""

    count: int = 0
    size: int = 0
    crc: int = 0


class Choice(Struct, frozen=True, eq=False):
    """Some codes of a dictionary: rising, and as a table that says of each code whether it is."""

    codes: NDArray[np.uint32]
    table: NDArray[np.bool_]


class Dictionary:
    """Entries only ever come to it. Readers may look at any time while one writer adds."""

    def __init__(self, name: str, keys: Keys, words: Words) -> None:
        self.name = name
        self.entries: list[Entry] = []
        self.extent = Extent()
        self.keys_of = keys
        self.words_of = words
        self._codes: dict[Entry, int] = {}
        self._lock = Lock()  # of what is derived from the entries, by whichever reader
        self._by_key = ByKey()
        self._by_word = ByWord()
        self._choices: dict[object, tuple[int, Choice]] = {}

    def __len__(self) -> int:
        return len(self.entries)

    def current(self) -> Dictionary:
        """It, with all that is known now."""
        return self

    def code(self, entry: Entry) -> int:
        """The code of an entry, which is added when it is new. For the one writer."""
        codes = self.codes()
        code = codes.get(entry)
        if code is None:
            code = codes[entry] = len(self.entries)
            self.entries.append(entry)
        return code

    def code_all(self, entries: Sequence[Entry]) -> list[int]:
        """The same of many, none of them twice."""
        known = self.codes()
        codes = []
        for entry in entries:
            code = known.get(entry)
            if code is None:
                code = known[entry] = len(self.entries)
                self.entries.append(entry)
            codes.append(code)
        return codes

    def codes(self) -> dict[Entry, int]:
        """Entry → code, of all entries."""
        if len(self._codes) < len(self.entries):
            for code in range(len(self._codes), len(self.entries)):
                self._codes[self.entries[code]] = code
        return self._codes

    def find(self, entry: Entry) -> int | None:
        """The code of an entry that is there."""
        return self.codes().get(entry)

    # --- choices

    def with_keys(self, keys: Sequence[str]) -> Choice:
        """The entries that have one of these keys."""
        count = len(self.entries)
        self._key(count)
        wanted = set(keys)
        found = [
            code
            for code in self._by_key.candidates(keys)
            if code < count and not wanted.isdisjoint(self.keys_of(self.entries[code]))
        ]
        return self._choice(("keys", *keys), count, lambda _: found)

    def with_pattern(self, pattern: str) -> Choice:
        """The entries that have a key like this, where `*` stands for any text."""
        pieces = pattern.split("*")
        return self.where(
            ("pattern", pattern),
            lambda entry: any(fits(pieces, key) for key in self.keys_of(entry)),
        )

    def with_words(self, phrase: str) -> Choice:
        """The entries in which these folded words begin at a word: `" rep"`, `" new rep"`."""
        count = len(self.entries)
        self._fold(count)
        words = phrase.split()

        def find(start: int) -> Sequence[int] | Codes:
            codes = self._by_word.with_words(words)
            codes = codes[(codes >= start) & (codes < count)]
            if len(words) == 1:
                return codes
            texts = ((code, self.words_of(self.entries[code])) for code in codes.tolist())
            return [code for code, text in texts if phrase in text]

        return self._choice(("words", phrase), count, find)

    def warm(self) -> None:
        """Do now what the first question would have to wait for."""
        self._key(len(self.entries))
        self._fold(len(self.entries))

    def where(self, name: object, holds: Callable[[Entry], bool]) -> Choice:
        """The entries of which `holds` is true; `name` tells one question from all others."""
        count = len(self.entries)

        def find(start: int) -> Sequence[int] | Codes:
            entries = self.entries
            return [code for code in range(start, count) if holds(entries[code])]

        return self._choice(name, count, find)

    def of(self, codes: Sequence[int]) -> Choice:
        """These codes."""
        table = np.zeros(len(self.entries), np.bool_)
        table[list(codes)] = True
        return Choice(np.flatnonzero(table).astype(np.uint32), table)

    def _choice(
        self, name: object, count: int, find: Callable[[int], Sequence[int] | Codes]
    ) -> Choice:
        """`find(start)` names codes from `start` on; what was found before is kept."""
        seen, kept = self._choices.get(name, (0, _NOTHING))
        if seen >= count and len(kept.table) >= count:
            return kept
        table = np.zeros(count, np.bool_)
        table[:seen] = kept.table[:seen]
        table[np.asarray(find(seen), np.int64)] = True
        choice = Choice(np.flatnonzero(table).astype(np.uint32), table)
        if (len(self._choices) + 1) * count > _KEPT_BYTES:
            self._choices.clear()
        self._choices[name] = (count, choice)
        return choice

    def _key(self, count: int) -> None:
        with self._lock:
            new = self.entries[self._by_key.known : count]
            self._by_key.add(map(self.keys_of, new))

    def _fold(self, count: int) -> None:
        with self._lock:
            new = self.entries[self._by_word.known : count]
            self._by_word.add(map(self.words_of, new))

    # --- the file

    def load(self, path: Path, extent: Extent, *, check: bool) -> None:
        """Read what came to the file since the last time; IndexDamaged when it is not as told."""
        if extent == self.extent:
            return
        if extent.size < self.extent.size or extent.count < len(self.entries):
            raise IndexDamaged(f"{self.name} has shrunk")
        try:
            with path.open("rb") as file:
                file.seek(self.extent.size)
                added = file.read(extent.size - self.extent.size)
        except FileNotFoundError:
            raise IndexDamaged(f"{self.name} is missing") from None
        if check and zlib.crc32(added, self.extent.crc) != extent.crc:
            raise IndexDamaged(f"{self.name} is damaged")
        if len(added) != extent.size - self.extent.size:
            raise IndexDamaged(f"{self.name} ends too early")
        for entries in _read_chunks(added):
            self.entries.extend(entries)
        if len(self.entries) != extent.count:
            raise IndexDamaged(f"{self.name} has {len(self.entries)} entries, not {extent.count}")
        self.extent = extent

    def save(self, path: Path) -> Extent:
        """Write what was added since the extent; for the one writer, who publishes the answer."""
        added = self.entries[self.extent.count :]
        if not added:
            return self.extent
        chunk = msgspec.msgpack.encode(added)
        written = len(chunk).to_bytes(_LENGTH, "big") + chunk
        mode = "r+b" if path.exists() else "w+b"
        with path.open(mode) as file:
            file.seek(self.extent.size)
            file.truncate()
            file.write(written)
        self.extent = Extent(
            count=len(self.entries),
            size=self.extent.size + len(written),
            crc=zlib.crc32(written, self.extent.crc),
        )
        return self.extent


_NOTHING: Final = Choice(np.zeros(0, np.uint32), np.zeros(0, np.bool_))


def _read_chunks(data: bytes) -> Iterator[list[Entry]]:
    stream = BytesIO(data)
    while head := stream.read(_LENGTH):
        try:
            yield _decoder.decode(stream.read(int.from_bytes(head, "big")))
        except msgspec.MsgspecError as error:
            raise IndexDamaged(f"a dictionary cannot be read: {error}") from None
