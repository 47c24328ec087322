"""A form with files, read as it comes: no file is ever whole in memory, nor on a disk.

Strict where RFC 7578 is: every part has a name, lines end with CRLF, and the last boundary is
there. Everything is bounded: the head of a part, a field, the number of parts.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Final

from vectal.platform.errors import AppError

MAX_PARTS: Final = 20
MAX_FIELD_BYTES: Final = 4 << 10
_MAX_HEAD_BYTES: Final = 8 << 10
_BOUNDARY: Final = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{1,70}(?<! )")
_END_OF_HEAD: Final = b"\r\n\r\n"


class MalformedFormError(AppError):
    code = "malformed_form"
    status = 400
    title = "The form can't be read"


@dataclass(frozen=True, slots=True)
class PartHead:
    """`filename` is None for a field."""

    name: str
    filename: str | None


def boundary_of(content_type: str | None) -> bytes:
    """Raises MalformedFormError unless it is a form with a boundary."""
    message = Message()
    message["content-type"] = content_type or ""
    boundary = message.get_boundary("")
    if message.get_content_type() != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary):
        raise MalformedFormError("Send multipart/form-data with a boundary.")
    return boundary.encode()


class MultipartReader:
    """Ask for a `head`, then read its `body` to the end, until there is no head."""

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        self._chunks = chunks
        # As if a line had come before the first boundary, so that all of them look alike.
        self._buffer = bytearray(b"\r\n")
        self._mark = b"\r\n--" + boundary
        self._parts = 0

    async def head(self) -> PartHead | None:
        """The next part; None after the last. Raises MalformedFormError."""
        if not self._parts:
            await self._read_until_mark()
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise MalformedFormError(f"A form may have at most {MAX_PARTS} parts.")
        while len(self._buffer) < len(b"--"):
            await self._more()
        if self._buffer.startswith(b"--"):
            return None
        if not self._buffer.startswith(b"\r\n"):
            raise MalformedFormError("A boundary of the form is no line of its own.")
        while (end := self._buffer.find(_END_OF_HEAD)) < 0:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise MalformedFormError("The head of a part is too long.")
            await self._more()
        lines = bytes(self._buffer[:end])
        del self._buffer[: end + len(_END_OF_HEAD)]
        return _read_head(lines)

    async def body(self) -> AsyncGenerator[bytes]:
        """The part's bytes, up to the next boundary."""
        keep = len(self._mark) - 1
        while (end := self._buffer.find(self._mark)) < 0:
            if len(self._buffer) > keep:
                piece = bytes(self._buffer[:-keep])
                del self._buffer[: len(piece)]
                yield piece
            await self._more()
        if end:
            yield bytes(self._buffer[:end])
        del self._buffer[: end + len(self._mark)]

    async def field(self) -> str:
        """The body of a small part as text."""
        value = bytearray()
        async for piece in self.body():
            value += piece
            if len(value) > MAX_FIELD_BYTES:
                raise MalformedFormError(f"A field may have at most {MAX_FIELD_BYTES} bytes.")
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise MalformedFormError("A field is no UTF-8.") from error

    async def _read_until_mark(self) -> None:
        """What stands before the first boundary is nobody's."""
        size = 0
        async for piece in self.body():
            size += len(piece)
            if size > _MAX_HEAD_BYTES:
                raise MalformedFormError("The form does not begin with its boundary.")

    async def _more(self) -> None:
        chunk = await anext(self._chunks, b"")
        while not chunk:
            # An empty chunk is no end by itself, but nothing follows the last one.
            following = await anext(self._chunks, None)
            if following is None:
                raise MalformedFormError("The form ends before its last boundary.")
            chunk = following
        self._buffer += chunk


def _read_head(lines: bytes) -> PartHead:
    message = Message()
    for line in lines.split(b"\r\n"):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon and name.strip().lower() == "content-disposition":
            message["content-disposition"] = value.strip()
    name = message.get_param("name", None, "content-disposition")
    if message.get_content_disposition() != "form-data" or not isinstance(name, str):
        raise MalformedFormError("A part of the form has no name.")
    filename = message.get_param("filename", None, "content-disposition")
    if isinstance(filename, tuple):  # RFC 2231, as some clients write names that are no ASCII
        filename = collapse_rfc2231_value(filename)
    return PartHead(name, filename)
