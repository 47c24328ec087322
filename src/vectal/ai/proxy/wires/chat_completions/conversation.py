"""The messages of a chat completions body as a canonical conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    joined_text,
)
from vectal.ai.contracts_documents import FilePart
from vectal.ai.providers.chat_completions.content import ERROR_LINE
from vectal.ai.proxy.wires.chat_completions.shapes import (
    Assistant,
    Developer,
    File,
    Image,
    Message,
    Refusal,
    Result,
    System,
    Text,
    User,
)
from vectal.ai.proxy.wires.reading import (
    Markable,
    cache_of,
    read_file,
    read_image,
    read_ttl,
    refuse,
)

P = TypeVar("P", bound=Part)


def read_system(messages: Sequence[Message]) -> tuple[TextPart, ...]:
    """All that system and developer say, wherever they say it: one prompt, in order."""
    said = (message for message in messages if isinstance(message, System | Developer))
    parts = (part for each in said for part in _marked(_texts(each.content), each))
    return tuple(part for part in parts if part.text)


def read_messages(messages: Sequence[Message]) -> tuple[ChatMessage, ...]:
    """What user, assistant and tools said; results that follow each other are one message."""
    return tuple(_read(messages))


def _read(messages: Sequence[Message]) -> Iterator[ChatMessage]:
    names: dict[str, str] = {}
    results: list[Part] = []
    for index, message in enumerate(messages):
        if isinstance(message, Result):
            results.append(_result(message, names))
            continue
        if results:
            yield ChatMessage("tool", tuple(results))
            results = []
        if isinstance(message, User):
            yield ChatMessage("user", _marked(_user(message, index), message))
        elif isinstance(message, Assistant):
            if message.tool_calls:
                names.update((call.id, call.function.name) for call in message.tool_calls)
            yield ChatMessage("assistant", _marked(_assistant(message, index), message))
    if results:
        yield ChatMessage("tool", tuple(results))


def _marked(parts: Iterable[P], message: Markable) -> tuple[P, ...]:
    """The parts; a mark on the whole message is one on the last of them."""
    made, ttl = list(parts), cache_of(message)
    last = made[-1] if made else None
    if ttl is not None and isinstance(last, TextPart | ImagePart | FilePart | ToolCallPart):
        made[-1] = replace(last, cache=last.cache or ttl)
    return tuple(made)


def _result(message: Result, names: dict[str, str]) -> ToolResultPart:
    call_id, ttl = message.tool_call_id, cache_of(message)
    name = names.get(call_id, "")
    if isinstance(message.content, str):
        content = message.content.removeprefix(ERROR_LINE)
        return ToolResultPart(call_id, name, content, content == message.content, cache=ttl)
    pieces = tuple(_texts(message.content))
    kept = pieces if len(pieces) > 1 or any(piece.cache for piece in pieces) else ()
    return ToolResultPart(call_id, name, joined_text(pieces), pieces=kept, cache=ttl)


def _assistant(message: Assistant, index: int) -> Iterator[Part]:
    if message.function_call:
        refuse(f"messages[{index}].function_call", "function_call was replaced by 'tool_calls'.")
    if message.reasoning_content:
        yield ReasoningPart(message.reasoning_content)
    if isinstance(message.content, list):
        for part in message.content:
            if isinstance(part, Refusal):
                yield TextPart(part.refusal, refusal=True)
            else:
                yield _text(part)
    elif message.content:
        yield TextPart(message.content)
    if message.refusal:
        yield TextPart(message.refusal, refusal=True)
    for call in message.tool_calls or ():
        yield ToolCallPart(call.id, call.function.name, call.function.arguments)


def _user(message: User, place: int) -> Iterator[Part]:
    if isinstance(message.content, str):
        yield TextPart(message.content)
        return
    for index, part in enumerate(message.content):
        at = f"messages[{place}].content[{index}]"
        if isinstance(part, Text):
            yield _text(part)
        elif isinstance(part, Image):
            image, ttl = part.image_url, read_ttl(part)
            yield read_image(image.url, image.detail, ttl, f"{at}.image_url.url")
        else:
            yield _file(part, f"{at}.file")


def _file(part: File, at: str) -> FilePart:
    if part.file.file_data is None:
        refuse(f"{at}.file_data", "it is required; files are not kept here, so no id names one.")
    name, ttl = part.file.filename, read_ttl(part)
    return read_file(part.file.file_data, name, ttl, f"{at}.file_data")


def _texts(content: str | list[Text]) -> Iterator[TextPart]:
    if isinstance(content, str):
        yield TextPart(content)
    else:
        yield from map(_text, content)


def _text(part: Text) -> TextPart:
    return TextPart(part.text, cache=read_ttl(part))
