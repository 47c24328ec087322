"""Reading the lines of a batch: each is a request, or is told by number and code why not. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import Raw

from vectal.ai.proxy.wires.passing import replace_model
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.proxy.wires.reading import read_body
from vectal.ai.service.batches.objects import MAX_LINE_BYTES, MAX_LINES, BadLine, Line

MAX_CUSTOM_ID: Final = 512
_MESSAGES_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class _Line(msgspec.Struct):
    custom_id: str
    body: Raw
    method: str = "POST"
    url: str | None = None


class _Named(msgspec.Struct):
    custom_id: str


class _Params(msgspec.Struct):
    model: str
    stream: bool | None = None


class MessageRequest(msgspec.Struct):
    """One request of Anthropic's batches."""

    custom_id: str
    params: Raw


_LINE: Final = msgspec.json.Decoder(_Line)
_PARAMS: Final = msgspec.json.Decoder(_Params)


async def split_lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """Lines without their ends, each with its number in the file; empty ones are left out.

    One that is too long is cut off one byte behind what a line may have, so that its reader sees
    it.
    """
    waiting, number = b"", 0
    async for chunk in chunks:
        *whole, rest = (waiting + chunk).split(b"\n")
        for line in whole:
            number += 1
            if line.strip():
                yield number, line[: MAX_LINE_BYTES + 1]
        # Of an endless line only as much is kept as shows that it is one.
        waiting = rest[: MAX_LINE_BYTES + 1]
    if waiting.strip():
        yield number + 1, waiting


@dataclass(slots=True)
class LineReader:
    """Reads the lines of one batch in order; it remembers their names, to refuse a second."""

    endpoint: str
    _seen: set[str] = field(default_factory=set[str])
    _count: int = 0
    _number: int = 0

    def read(self, number: int, text: bytes) -> Line | BadLine:
        """The next line of a file for OpenAI's batches, and which of its lines that is."""
        self._count, self._number = self._count + 1, number
        if number == 1:
            # Some editors begin a file so.
            text = text.removeprefix(codecs.BOM_UTF8)
        if self._count > MAX_LINES:
            why = f"A batch may have at most {MAX_LINES} lines."
            return self._bad(None, "too_many_lines", why)
        if len(text) > MAX_LINE_BYTES:
            return self._bad(None, "line_too_long", f"A line may have {MAX_LINE_BYTES} bytes.")
        return self._read(text)

    def _read(self, text: bytes) -> Line | BadLine:
        try:
            line = read_body(_LINE, text)
        except BadCallError as error:
            return self._bad(_name_in(text), "invalid_json_line", error.detail)
        if not _is_name(line.custom_id):
            why = f"custom_id must have 1 to {MAX_CUSTOM_ID} characters, none of them NUL."
            return self._bad(None, "invalid_custom_id", why)
        if line.method != "POST":
            return self._bad(line.custom_id, "invalid_method", "The method must be POST.")
        if line.url != self.endpoint:
            why = f"The url must be {self.endpoint}, the endpoint of the batch."
            return self._bad(line.custom_id, "invalid_url", why)
        return self._checked(line.custom_id, bytes(line.body))

    def read_messages(self, requests: Iterable[MessageRequest]) -> Iterator[Line | BadLine]:
        """The requests of one of Anthropic's batches."""
        for request in requests:
            self._number += 1
            if not _MESSAGES_ID.fullmatch(request.custom_id):
                text = "custom_id must match ^[a-zA-Z0-9_-]{1,64}$."
                yield self._bad(None, "invalid_custom_id", text)
            else:
                yield self._checked(request.custom_id, bytes(request.params))

    def _checked(self, custom_id: str, body: bytes) -> Line | BadLine:
        if custom_id in self._seen:
            text = f"The custom_id {custom_id[:80]!r} is there twice."
            return self._bad(custom_id, "duplicate_custom_id", text)
        self._seen.add(custom_id)
        try:
            params = read_body(_PARAMS, body)
            replace_model(body, params.model)  # refuses a member that is there twice
        except BadCallError as error:
            return self._bad(custom_id, "invalid_request", error.detail)
        if params.stream:
            text = "A line of a batch can't be streamed."
            return self._bad(custom_id, "invalid_request", text)
        return Line(self._number, custom_id, body)

    def _bad(self, custom_id: str | None, code: str, message: str) -> BadLine:
        return BadLine(self._number, custom_id, code, message)


def _name_in(text: bytes) -> str | None:
    """The custom_id of a line that is otherwise wrong."""
    try:
        name = msgspec.json.decode(text, type=_Named).custom_id
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return name if _is_name(name) else None


def _is_name(text: str) -> bool:
    """Whether it can be stored: PostgreSQL holds no NUL."""
    return 1 <= len(text) <= MAX_CUSTOM_ID and "\0" not in text
