"""Logos: what is kept of an image that somebody sends, and what is refused."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from auditdash.events.errors import BadInput
from auditdash.reports.orders.logos import parse_logo


def _written(image: Image.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


_PNG = _written(Image.new("RGB", (300, 100), "teal"), "PNG")


def _huge(width: int, height: int) -> bytes:
    """A PNG whose head promises more pixels than its few bytes have."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _PNG[:8] + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(99)))


def _chunk(name: bytes, content: bytes) -> bytes:
    told = name + content
    return struct.pack(">I", len(content)) + told + struct.pack(">I", zlib.crc32(told))


@pytest.mark.parametrize(
    "given",
    [
        _PNG,
        _PNG + b"<?php evil",
        _written(Image.new("CMYK", (300, 100)), "JPEG"),
        _written(Image.new("L", (300, 100), 7), "JPEG", comment=b"evil"),
        _written(Image.new("I;16", (300, 100), 9), "PNG"),
        _written(Image.new("P", (300, 100)), "PNG"),
        _written(Image.new("RGBA", (300, 100), (9, 9, 9, 0)), "PNG"),
    ],
)
def test_an_image_is_written_anew_in_three_colours(given: bytes) -> None:
    logo = parse_logo(given)
    with Image.open(BytesIO(logo.png)) as image:
        assert (image.format, image.mode, image.size, image.info) == ("PNG", "RGB", (300, 100), {})
    assert (logo.width, logo.height) == (300, 100)
    assert b"evil" not in logo.png
    assert parse_logo(given).sha256 == logo.sha256


def test_what_is_transparent_is_paper_and_what_is_large_is_made_smaller() -> None:
    logo = parse_logo(_written(Image.new("RGBA", (2400, 200), (9, 9, 9, 0)), "PNG"))
    with Image.open(BytesIO(logo.png)) as image:
        assert (image.size, image.getpixel((5, 5))) == ((1200, 100), (255, 255, 255))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"", "no image that can be printed"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no image that can be printed"),
        (b"GIF89a" + bytes(40), "no image that can be printed"),
        (_PNG[:60], "damaged"),
        (_PNG[:8] + bytes(40), "damaged"),
        (_written(Image.new("L", (300, 100)), "JPEG")[:90], "damaged"),
        (b"\xff\xd8\xff" + bytes(40), "damaged"),
        (_PNG[:8] + bytes(512 << 10), "too large"),
        (_huge(60_000, 60_000), "more than 4,000 pixels"),
        (_huge(5_000, 10), "more than 4,000 pixels"),
    ],
)
def test_what_is_no_logo_is_refused(given: bytes, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        parse_logo(given)
