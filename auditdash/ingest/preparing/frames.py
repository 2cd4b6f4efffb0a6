"""Things from process to process, each with its length and its checksum before it.

What a process left half written, or what came damaged, is found before it is unpickled, whose own
errors are of any kind.
"""

from __future__ import annotations

import pickle
from struct import Struct
from typing import IO
from zlib import crc32

_HEAD = Struct("<QL")


class FrameError(Exception):
    """What was read is not what was written, or not all of it."""


def write_frame(pipe: IO[bytes], thing: object) -> None:
    """Send a thing and wait until the pipe has taken it; BrokenPipeError when nobody reads."""
    body = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
    pipe.write(_HEAD.pack(len(body), crc32(body)))
    pipe.write(body)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> object:
    """The next thing; EOFError when there is none, FrameError when it is not whole. Only for pipes
    between processes of ours: a pickle can do anything."""
    head = pipe.read(_HEAD.size)
    if not head:
        raise EOFError
    if len(head) < _HEAD.size:
        raise FrameError("ended within a head")
    size, checksum = _HEAD.unpack(head)
    body = pipe.read(size)
    if len(body) < size or crc32(body) != checksum:
        raise FrameError(f"{len(body)} of {size} bytes came, or others than were sent")
    return pickle.loads(body)  # noqa: S301  # from a process of ours
