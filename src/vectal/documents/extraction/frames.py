"""Frames between the child and its parent: a length in four bytes, then MessagePack.

The parent reads what a hijacked parser may have written, so that every size is bounded before
memory is given to it, and every value is checked against its type.
"""

from __future__ import annotations

import os
import struct
from typing import Final

import msgspec

from vectal.documents.extraction.contracts import ChildEvent, ChildOptions

HEAD: Final = struct.Struct("!I")
LONGEST_FRAME: Final = 16 << 20
"""Bytes. A page of `page_chars` in four-byte characters, with a box a line, fits many times."""

_events = msgspec.msgpack.Decoder(ChildEvent)
_options = msgspec.msgpack.Decoder(ChildOptions)
_encoder = msgspec.msgpack.Encoder()


class BadFrameError(Exception):
    """What came is not a frame of ours."""


def length_of(head: bytes) -> int:
    """The length of the frame behind `head`. Raises `BadFrameError` when it is out of bounds."""
    (length,) = HEAD.unpack(head)
    if not 0 < length <= LONGEST_FRAME:
        raise BadFrameError(f"a frame of {length} bytes")
    return int(length)


def event_of(frame: bytes) -> ChildEvent:
    try:
        return _events.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFrameError("a frame that is no event") from error


def options_of(raw: bytes) -> ChildOptions:
    return _options.decode(raw)


def encode(value: ChildEvent | ChildOptions) -> bytes:
    """The frame of one value. Raises `BadFrameError` for what is too long to be sent."""
    body = _encoder.encode(value)
    if len(body) > LONGEST_FRAME:
        raise BadFrameError("an event that is too long")
    return HEAD.pack(len(body)) + body


def write_all(descriptor: int, content: bytes) -> None:
    """Write to a pipe that may take less at once."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read_all(descriptor: int) -> bytes:
    """Read to the end; only the child reads like this, from its parent."""
    chunks: list[bytes] = []
    while chunk := os.read(descriptor, 65_536):
        chunks.append(chunk)
    return b"".join(chunks)
