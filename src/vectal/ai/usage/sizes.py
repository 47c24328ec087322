"""How much a request can be at the most: its text in bytes, since a token has one at least."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from vectal.ai.contracts import (
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.ports import ModelRequest

_FRAME_BYTES: Final = 64
"""Of what stands around a message, a part or a tool, in whichever shape it is sent."""
_ADDED_BYTES: Final = 1_000
"""What vendors write themselves for tools and schemas; see `ai.proxy.wires.terms`."""
_QUARTET, _TRIPLET = 4, 3


def text_bytes(request: ModelRequest) -> int:
    """Of all that is sent but pictures and documents, at least."""
    size = _FRAME_BYTES + _of(request.system)
    for message in request.messages:
        size += _FRAME_BYTES + sum(map(_part_bytes, message.parts))
    for tool in request.tools:
        described = len(msgspec.json.encode(tool.parameters))
        size += _FRAME_BYTES + _of(tool.name) + _of(tool.description) + described
    if request.response_schema is not None:
        size += len(msgspec.json.encode(request.response_schema)) + _of(request.schema_description)
    if request.tools or request.response_schema is not None or request.json_mode:
        size += _ADDED_BYTES
    return size


def picture_bytes(request: ModelRequest) -> int:
    """What the pictures take of a body, which is no text."""
    return sum(
        _QUARTET * -(-len(part.content) // _TRIPLET)
        for part in _parts(request)
        if isinstance(part, ImagePart)
    )


def is_kept_long(request: ModelRequest) -> bool:
    """Whether some of it is to stay in the vendor's cache for an hour."""
    marks = [request.cache, *(part.cache for part in request.system_parts)]
    marks += [tool.cache for tool in request.tools]
    marks += [part.cache for part in _parts(request) if not isinstance(part, ReasoningPart)]
    return "1h" in marks


def _parts(request: ModelRequest) -> Iterator[Part]:
    for message in request.messages:
        for part in message.parts:
            yield part
            if isinstance(part, ToolResultPart):
                yield from part.pieces


def _part_bytes(part: Part) -> int:
    size = _FRAME_BYTES
    if isinstance(part, TextPart):
        return size + _of(part.text)
    if isinstance(part, ReasoningPart):
        return size + _of(part.text) + _of(part.signature or "")
    if isinstance(part, ToolCallPart):
        return size + _of(part.name) + _of(part.arguments)
    if isinstance(part, ToolResultPart):
        return size + _of(part.content) + _FRAME_BYTES * len(part.pieces)
    if isinstance(part, FilePart):
        return size + _of(part.name or "") + _of(part.about or "")
    return size


def _of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
