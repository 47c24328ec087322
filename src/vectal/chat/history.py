"""A branch of a conversation as a model reads it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from vectal.ai.contracts import ChatMessage, Part, TextPart, ToolCallPart, ToolResultPart
from vectal.chat.contracts import Content, MessageRole, TextPiece, ToolPiece

MAX_HISTORY_MESSAGES: Final = 400
MAX_HISTORY_CHARS: Final = 2_000_000


def as_history(branch: Sequence[tuple[MessageRole, Content]]) -> tuple[ChatMessage, ...]:
    """The newest messages that fit, oldest first. Empty answers are left out."""
    kept: list[tuple[MessageRole, Content]] = []
    room = MAX_HISTORY_CHARS
    for role, content in reversed(branch[-MAX_HISTORY_MESSAGES:]):
        room -= _size(content)
        if room < 0 and kept:
            break
        kept.append((role, content))
    messages: list[ChatMessage] = []
    for role, content in reversed(kept):
        if role == "user":
            messages.append(ChatMessage("user", (TextPart(content.text),)))
        else:
            messages.extend(_answer(_without_marks(content)))
    return tuple(messages)


def _without_marks(content: Content) -> Iterable[TextPiece | ToolPiece]:
    """The answer without its citations: the same numbers mean other sources by now."""
    marks = sorted({(each.at, each.until) for each in content.citations}, reverse=True)
    begin = 0
    for part in content.parts:
        if not isinstance(part, TextPiece):
            yield part
            continue
        text, end = part.text, begin + len(part.text)
        for at, until in marks:
            if begin <= at and until <= end:
                text = text[: at - begin].removesuffix(" ") + text[until - begin :]
        yield TextPiece(text)
        begin = end


def _size(content: Content) -> int:
    return len(content.text) + sum(len(tool.content) for tool in content.tools)


def _answer(parts: Iterable[TextPiece | ToolPiece]) -> Iterable[ChatMessage]:
    """An answer with tool calls is several messages: what was said and called, what came back."""
    said: list[Part] = []
    results: list[Part] = []
    for part in parts:
        if isinstance(part, TextPiece):
            if results:
                yield from _pair(said, results)
                said, results = [], []
            if part.text:
                said.append(TextPart(part.text))
        elif part.ok is not None:
            arguments = msgspec.json.encode(part.arguments).decode()
            said.append(ToolCallPart(part.call_id, part.name, arguments))
            told = part.content or part.summary
            results.append(ToolResultPart(part.call_id, part.name, told, part.ok))
    yield from _pair(said, results)


def _pair(said: list[Part], results: list[Part]) -> Iterable[ChatMessage]:
    if said:
        yield ChatMessage("assistant", tuple(said))
    if results:
        yield ChatMessage("tool", tuple(results))
