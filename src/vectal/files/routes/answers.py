"""Answers that carry a file's bytes: ranges, safe headers, and readers that must go on reading."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from vectal.files.contracts import Disposition
from vectal.files.errors import RangeError
from vectal.files.limits import SILENCE_S
from vectal.files.media import shown_type
from vectal.files.service import OpenVersion

_RANGE: Final = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9 !#$&+.^_`{}~()\[\]=@-]")
# Whatever the bytes are, a page of ours never runs or loads anything because of them.
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` on."""

    start: int
    length: int


class ByteAnswer(Response):
    """Sends bytes as they come; a reader that takes nothing for a while is let go."""

    def __init__(
        self,
        pieces: AsyncGenerator[bytes],
        status: int,
        headers: dict[str, str],
        silence_s: float = SILENCE_S,
    ) -> None:
        super().__init__(status_code=status, headers=headers)
        self.pieces = pieces
        self._silence_s = silence_s
        # Set by the headers that were given; the base class counts an empty body.
        self.raw_headers = [
            (name, value) for name, value in self.raw_headers if name != b"content-length"
        ]
        self.raw_headers.append((b"content-length", headers["Content-Length"].encode("ascii")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        async with aclosing(self.pieces) as pieces:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            async for piece in pieces:
                async with asyncio.timeout(self._silence_s):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def answer_with(opened: OpenVersion, request: Request, disposition: Disposition) -> Response:
    """200 with all bytes, 206 with a range, 304 when they are known; raises `RangeError`."""
    headers = _SAFE | {"ETag": opened.etag} | _description(opened, disposition)
    known = request.headers.get("if-none-match")
    if known is not None and opened.etag in [each.strip() for each in known.split(",")]:
        return Response(status_code=304, headers=headers)
    span = _wanted(opened, request)
    if span is None:
        headers["Content-Length"] = str(opened.size)
        return ByteAnswer(opened.read(), 200, headers)
    last = span.start + span.length - 1
    headers["Content-Length"] = str(span.length)
    headers["Content-Range"] = f"bytes {span.start}-{last}/{opened.size}"
    return ByteAnswer(opened.read(span.start, span.length), 206, headers)


def read_range(header: str, size: int) -> Span | None:
    """One range of `size` bytes; None for what is to be ignored: no range of bytes, or several.

    Raises `RangeError` for one that lies behind the end.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start, end = int(match[1]), int(match[2]) if match[2] else size - 1
        if match[2] and end < start:
            return None
        length = min(end, size - 1) - start + 1
    else:
        length = min(int(match[2]), size)
        start = size - length
    if length <= 0:
        raise RangeError(f"It has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
    return Span(start, length)


def disposition_of(name: str, disposition: str) -> str:
    """The header, for old readers in ASCII and for all others in UTF-8 (RFC 6266)."""
    plain = _UNSAFE.sub("_", name)
    return f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _wanted(opened: OpenVersion, request: Request) -> Span | None:
    header = request.headers.get("range")
    if header is None or len(request.headers.getlist("range")) > 1:
        return None
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip() != opened.etag:
        return None
    return read_range(header, opened.size)


def _description(opened: OpenVersion, disposition: Disposition) -> dict[str, str]:
    """Only what can do nothing in a page is shown in one; all else is downloaded."""
    shown = shown_type(opened.version.media_type) if disposition == "inline" else None
    said = "attachment" if shown is None else "inline"
    return {
        "Content-Type": shown or "application/octet-stream",
        "Content-Disposition": disposition_of(opened.file.name, said),
    }
