"""Names of tools that are longer than a vendor allows, and the way back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from vectal.ai.contracts import ChatMessage, Part, ToolCallPart
from vectal.ai.ports import ModelRequest, NamedTool

_MARK_CHARS: Final = 8


def short_names(request: ModelRequest, most: int | None) -> dict[str, str]:
    """By long names what stands for them: the same in every turn, whatever else there is."""
    if most is None:
        return {}
    return {name: _short(name, most) for name in _names(request) if len(name) > most}


def renamed(request: ModelRequest, names: Mapping[str, str]) -> ModelRequest:
    """The request with its tools, and calls of them, by these names."""
    if not names:
        return request
    choice = request.tool_choice
    if isinstance(choice, NamedTool):
        choice = NamedTool(names.get(choice.name, choice.name))
    return replace(
        request,
        tools=tuple(replace(tool, name=names.get(tool.name, tool.name)) for tool in request.tools),
        tool_choice=choice,
        messages=tuple(_message(message, names) for message in request.messages),
    )


def _names(request: ModelRequest) -> Iterator[str]:
    yield from (tool.name for tool in request.tools)
    for message in request.messages:
        yield from (part.name for part in message.parts if isinstance(part, ToolCallPart))


def _short(name: str, most: int) -> str:
    mark = hashlib.sha256(name.encode()).hexdigest()[:_MARK_CHARS]
    return f"{name[: most - _MARK_CHARS - 1]}_{mark}"


def _message(message: ChatMessage, names: Mapping[str, str]) -> ChatMessage:
    return replace(message, parts=tuple(_part(part, names) for part in message.parts))


def _part(part: Part, names: Mapping[str, str]) -> Part:
    if isinstance(part, ToolCallPart) and part.name in names:
        return replace(part, name=names[part.name])
    return part
