"""The files inside a report against its manifest: hashes, bytes and rows.

Nothing is unpacked as a whole: a population of a million rows passes through piece by piece.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from auditdash.events.wording import printable
from auditdash.reports.attached.files import Tally
from auditdash.reports.signing.findings import Finding, UnreadableReportError, ok, wrong

MANIFEST: Final = "manifest.json"
_PIECE: Final = 1 << 20
_LARGEST_MANIFEST: Final = 64 << 20


class Listed(Struct, frozen=True, kw_only=True):
    """A file as the manifest tells it."""

    file: str
    rows: int
    bytes: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """Which report a file says that it is, and which files belong to it."""

    report: str
    workspace: str
    made_at: str
    files: tuple[Listed, ...]


def read_attachments(reader: PdfFileReader) -> dict[str, generic.StreamObject]:
    """The embedded files by their names; one name for two of them is UnreadableReportError."""
    root = reader.root
    names = root["/Names"]["/EmbeddedFiles"]["/Names"] if "/Names" in root else []
    found: dict[str, generic.StreamObject] = {}
    for at in range(0, len(names), 2):  # a slice would not follow references
        name = str(names[at])
        if name in found:
            raise UnreadableReportError(f"Two attachments are called {printable(name)}.")
        found[name] = names[at + 1]["/EF"]["/F"]
    return found


def read_manifest(files: dict[str, generic.StreamObject]) -> Manifest:
    """What the attached manifest.json tells; UnreadableReportError when it is none of ours."""
    if MANIFEST not in files:
        raise UnreadableReportError("It has no manifest.json attached: no report of auditdash.")
    raw = b""
    for piece in _unpacked(files[MANIFEST]):
        raw += piece
        if len(raw) > _LARGEST_MANIFEST:
            raise UnreadableReportError("The manifest.json is too large.")
    try:
        facts = msgspec.json.decode(raw, type=dict[str, Any])
        told = (*facts.values(), *facts.get("lists", ()))
        listed = [each for each in told if isinstance(each, dict) and "sha256" in each]
        return msgspec.convert({**facts, "files": listed}, Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableReportError(f"The manifest.json cannot be read: {error}.") from None


def check_attachments(
    files: dict[str, generic.StreamObject], manifest: Manifest
) -> Iterator[Finding]:
    """A finding for each file that is listed or attached."""
    listed = {each.file: each for each in manifest.files}
    for name, expected in listed.items():
        if name not in files:
            yield wrong(f"{printable(name)}: listed in manifest.json, but not attached.")
        else:
            yield _compare(files[name], expected)
    for name in sorted(set(files) - set(listed) - {MANIFEST}):
        yield wrong(f"{printable(name)}: attached, but not listed in manifest.json.")


def _compare(content: generic.StreamObject, expected: Listed) -> Finding:
    tally = Tally()
    for piece in _unpacked(content):
        tally.add(piece)
    found = tally.counted(expected.file)
    name = printable(found.name)
    if found.sha256 != expected.sha256:
        return wrong(
            f"{name}: SHA-256 {found.sha256}, but manifest.json says {printable(expected.sha256)}."
        )
    if (found.rows, found.size) != (expected.rows, expected.bytes):
        return wrong(
            f"{name}: {found.rows:,} rows in {found.size:,} bytes, but manifest.json says "
            f"{expected.rows:,} in {expected.bytes:,}."
        )
    return ok(f"{name}: {found.rows:,} rows, SHA-256 {found.sha256} as in manifest.json.")


def _unpacked(content: generic.StreamObject) -> Iterator[bytes]:
    filters = content.get("/Filter", "")
    if filters == "":
        yield content.encoded_data
    elif filters == "/FlateDecode":
        yield from _inflated(content.encoded_data)
    else:
        raise UnreadableReportError("An attachment is packed in a way that auditdash never does.")


def _inflated(packed: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    left = packed
    while left and not unpacker.eof:
        piece = unpacker.decompress(left, _PIECE)
        left = unpacker.unconsumed_tail
        yield piece
    yield unpacker.flush()
    if not unpacker.eof:
        raise UnreadableReportError("An attachment is cut off.")
