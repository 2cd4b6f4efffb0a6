"""Logos for covers: an image that a stranger sent is decoded and written anew, as a plain PNG.

So nothing of the file itself is kept or printed: no metadata, no profile, no other format behind
the first bytes. The only import of Pillow, which WeasyPrint brings along.
"""

from __future__ import annotations

import hashlib
import struct
from io import BytesIO
from typing import Final

from msgspec import Struct
from PIL import Image, ImageFile, ImageOps
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.store.reporting.logos import find_logo

MOST_BYTES: Final = 512 << 10
MOST_PIXELS: Final = 4_000  # of a side
_KEPT: Final = (1_200, 400)
_MAGIC: Final = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
_EXPECTED: Final = f"a PNG or JPEG of at most {MOST_BYTES >> 10} KB"


class Logo(Struct, frozen=True, kw_only=True):
    """A plain PNG without transparency."""

    png: bytes
    width: int
    height: int

    @property
    def sha256(self) -> bytes:
        """What an order names it by, in hex."""
        return hashlib.sha256(self.png).digest()


def parse_logo(content: bytes) -> Logo:
    """An uploaded image, at most 1,200 × 400 pixels of it; anything else is BadInput."""
    if len(content) > MOST_BYTES:
        raise _refused("the image is too large")
    format_ = next((name for name, magic in _MAGIC.items() if content.startswith(magic)), None)
    if format_ is None:
        raise _refused("this is no image that can be printed")
    try:
        ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, once imported, lets them pass
        with Image.open(BytesIO(content), formats=(format_,)) as opened:
            # Told by the head alone, before a pixel is unpacked.
            fits = 0 < opened.width <= MOST_PIXELS and 0 < opened.height <= MOST_PIXELS
            image = _on_paper(opened) if fits else None
    except Image.DecompressionBombError:
        image = None
    except (OSError, SyntaxError, ValueError, struct.error):
        raise _refused("the image is damaged and cannot be read") from None
    if image is None:
        raise _refused(f"the image has a side of more than {MOST_PIXELS:,} pixels")
    written = BytesIO()
    image.save(written, "PNG", optimize=True)
    return Logo(png=written.getvalue(), width=image.width, height=image.height)


def read_logo(connection: Connection, workspace_id: int, sha256: str) -> bytes | None:
    """The PNG that an order names; None where it names none. One that is gone is BadInput."""
    if not sha256:
        return None
    found = find_logo(connection, workspace_id, bytes.fromhex(sha256))
    if found is None:
        raise BadInput("the logo of this report is not there", where="logo")
    return found


def _on_paper(opened: Image.Image) -> Image.Image:
    """The picture on white paper, in three colours of 8 bits."""
    upright = ImageOps.exif_transpose(opened).convert("RGBA")
    upright.thumbnail(_KEPT)
    paper = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(paper, upright).convert("RGB")


def _refused(what: str) -> BadInput:
    return BadInput(what, where="logo", expected=_EXPECTED)
