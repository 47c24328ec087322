"""A request without personal data: every text in it, wherever a client may have put one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, cast

import msgspec
from pydantic import JsonValue

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.contracts_documents import FilePart
from vectal.ai.ports import ModelRequest, ToolSpec

Hide = Callable[[str], str]

_OPAQUE: Final = re.compile(r"(?:data:[^,]{0,200},)?[A-Za-z0-9+/=_-]{256,}")
"""Bytes in base64: pictures, files, seals. Nobody can read those."""


def texts_of(request: ModelRequest) -> Iterator[str]:
    """What the request says in words, in its order."""
    yield request.system
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, TextPart | ReasoningPart):
                yield part.text
            elif isinstance(part, ToolCallPart):
                yield part.arguments
            elif isinstance(part, ToolResultPart | FilePart):
                yield part.content


def all_texts_of(request: ModelRequest) -> list[str]:
    """Every text that is in it anywhere, those of tools and of JSON in its values too."""
    seen: list[str] = []

    def see(text: str) -> str:
        seen.append(text)
        return text

    screened(request, see)
    return seen


def unread_texts_of(body: bytes, request: ModelRequest) -> list[str]:
    """What stands in the client's body and not in the request that was read from it.

    A vendor of the client's own wire gets that, too, when the body is passed on as it came.
    """
    try:
        members = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return []  # it was read before, so it is never passed on
    seen = set(all_texts_of(request))
    for message in request.messages:
        seen.update(part.arguments for part in message.parts if isinstance(part, ToolCallPart))
    texts = (text for text in _texts_in(members) if text not in seen)
    return [text for text in dict.fromkeys(texts) if not _OPAQUE.fullmatch(text)]


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _texts_in(each)
    elif isinstance(value, dict):
        for name, each in cast("dict[str, Any]", value).items():
            yield name
            yield from _texts_in(each)


def holds_unreadable(request: ModelRequest) -> bool:
    """Whether it carries or names an image or a file that nobody here looks into."""
    return any(_is_unreadable(part) for message in request.messages for part in message.parts)


def screened(request: ModelRequest, hide: Hide) -> ModelRequest:
    """The request with every text as `hide` leaves it; the same object where nothing changed."""
    hidden = replace(
        request,
        system=hide(request.system),
        system_parts=tuple(replace(part, text=hide(part.text)) for part in request.system_parts),
        messages=tuple(_message(message, hide) for message in request.messages),
        tools=tuple(_tool(tool, hide) for tool in request.tools),
        stop=tuple(map(hide, request.stop)),
        user_id=None if request.user_id is None else hide(request.user_id),
        schema_description=hide(request.schema_description),
        response_schema=_object(request.response_schema, hide),
    )
    return request if hidden == request else hidden


def _message(message: ChatMessage, hide: Hide) -> ChatMessage:
    parts = (_part(part, hide) for part in message.parts)
    return replace(message, parts=tuple(part for part in parts if part is not None))


def _part(part: Part, hide: Hide) -> Part | None:
    if isinstance(part, TextPart):
        return _text(part, hide)
    if isinstance(part, ReasoningPart):
        if part.redacted or hide(part.text) == part.text:
            return part
        # A signature is for the words as they were: better no thought than a forged one.
        return None if part.signature else replace(part, text=hide(part.text))
    if isinstance(part, ToolCallPart):
        hidden = _json_text(part.arguments, hide)
        return replace(part, call_id=hide(part.call_id), arguments=hidden)
    if isinstance(part, ToolResultPart):
        pieces = tuple(_piece(piece, hide) for piece in part.pieces)
        content, call_id = hide(part.content), hide(part.call_id)
        return replace(part, call_id=call_id, content=content, pieces=pieces)
    return _piece(part, hide)


def _piece(piece: TextPart | ImagePart | FilePart, hide: Hide) -> Any:
    if isinstance(piece, TextPart):
        return _text(piece, hide)
    if isinstance(piece, ImagePart):
        return piece
    content = hide(piece.content) if piece.is_text else ""
    return replace(
        piece,
        # Bytes that are no text in UTF-8 stay as they are when there is nothing to hide.
        data=content.encode() if piece.is_text and content != piece.content else piece.data,
        name=None if piece.name is None else hide(piece.name),
        about=None if piece.about is None else hide(piece.about),
    )


def _text(part: TextPart, hide: Hide) -> TextPart:
    text = hide(part.text)
    cited = [value for each in part.citations for value in (each.cited_text, each.title or "")]
    keeps = text == part.text and all(hide(value) == value for value in cited)
    return replace(part, text=text, citations=part.citations if keeps else ())


def _tool(tool: ToolSpec, hide: Hide) -> ToolSpec:
    parameters = _object(tool.parameters, hide) or {}
    return replace(tool, description=hide(tool.description), parameters=parameters)


def _object(value: Any, hide: Hide) -> dict[str, JsonValue] | None:
    return None if value is None else cast("dict[str, JsonValue]", _value(dict(value), hide))


def _json_text(text: str, hide: Hide) -> str:
    """JSON by its values, since an escape may hide what a text would show."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return hide(text)
    hidden = _value(value, hide)
    return text if hidden == value else msgspec.json.encode(hidden).decode()


def _value(value: Any, hide: Hide) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, list):
        return [_value(each, hide) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {hide(name): _value(each, hide) for name, each in members.items()}
    if isinstance(value, int) and hide(str(value)) != str(value):
        return hide(str(value))  # the number of a card may be written as one
    return value


def _is_unreadable(part: object) -> bool:
    if isinstance(part, ToolResultPart):
        return any(map(_is_unreadable, part.pieces))
    return isinstance(part, ImagePart) or (isinstance(part, FilePart) and not part.is_text)
