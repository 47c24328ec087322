"""The wire that clients of the proxy speak: the shape of OpenAI's chat completions.

Decodes a client's body into a canonical request, and encodes canonical events as chunks.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    Part,
    ReasoningDelta,
    TextDelta,
    TextPart,
    TokenUsage,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.ports import ModelFinished, ModelRequest, ProviderFault, StopReason, ToolSpec
from vectal.ai.providers.untrusted import as_object

Json = dict[str, Any]

_STATUS: Final[Mapping[str, int]] = {
    "authentication": 401,
    "permission": 403,
    "quota": 402,
    "model_not_found": 404,
    "invalid_request": 400,
    "context_too_large": 413,
    "address_refused": 403,
    "rate_limited": 429,
    "overloaded": 529,
    "timeout": 504,
    "unavailable": 503,
    "blocked_request": 400,
    "blocked_answer": 502,
}
_FINISH: Final[Mapping[StopReason, str]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "stop",
}


class MalformedBodyError(Exception):
    """The client's body is no request of this wire; the message says where."""


class _Function(msgspec.Struct):
    name: str
    arguments: str = "{}"
    description: str = ""
    parameters: Json = {}


class _Call(msgspec.Struct):
    id: str
    function: _Function


class _Tool(msgspec.Struct):
    function: _Function


class _Message(msgspec.Struct):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Json] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str = ""


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    tools: list[_Tool] = []
    tool_choice: str | Json | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None


_BODY: Final = msgspec.json.Decoder(_Body)


def decode_request(body: bytes, default_output_tokens: int) -> ModelRequest:
    """The canonical request of a client's body; raises MalformedBodyError."""
    try:
        read = _BODY.decode(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise MalformedBodyError(str(error)) from error
    system = [_text(m.content) for m in read.messages if m.role in {"system", "developer"}]
    names = {call.id: call.function.name for m in read.messages for call in m.tool_calls or ()}
    limit = read.max_completion_tokens or read.max_tokens or default_output_tokens
    return ModelRequest(
        model=read.model,
        system="\n\n".join(text for text in system if text),
        messages=tuple(_messages(read.messages, names)),
        max_output_tokens=limit,
        tools=tuple(
            ToolSpec(t.function.name, t.function.description, t.function.parameters)
            for t in read.tools
        ),
        tool_choice=_choice(read.tool_choice),
        effort=None,
    )


def _messages(read: Sequence[_Message], names: Mapping[str, str]) -> Iterable[ChatMessage]:
    """Messages but for the system's; results that follow each other are one message."""
    results: list[Part] = []
    for message in read:
        if message.role == "tool":
            call_id = message.tool_call_id
            name = names.get(call_id, "")
            results.append(ToolResultPart(call_id, name, _text(message.content)))
            continue
        if results:
            yield ChatMessage("tool", tuple(results))
            results = []
        if message.role == "user":
            yield ChatMessage("user", tuple(_user_parts(message.content)))
        elif message.role == "assistant":
            yield ChatMessage("assistant", tuple(_assistant_parts(message)))
    if results:
        yield ChatMessage("tool", tuple(results))


def _assistant_parts(message: _Message) -> Iterable[Part]:
    text = _text(message.content)
    if text:
        yield TextPart(text)
    for call in message.tool_calls or ():
        yield ToolCallPart(call.id, call.function.name, call.function.arguments)


def _user_parts(content: str | list[Json] | None) -> Iterable[Part]:
    if not isinstance(content, list):
        yield TextPart(content or "")
        return
    for part in content:
        if part.get("type") == "text" and isinstance(part.get("text"), str):
            yield TextPart(part["text"])
        elif part.get("type") == "image_url":
            yield _image(part.get("image_url"))
        else:
            raise MalformedBodyError(f"content parts of type {part.get('type')!r} are not taken")


def _image(image: object) -> ImagePart:
    url = as_object(image).get("url")
    # Only images that the message carries: fetching an address is nothing a model's wire does.
    if not isinstance(url, str) or not url.startswith("data:"):
        raise MalformedBodyError("images are taken as data: URLs only")
    head, _, encoded = url.removeprefix("data:").partition(",")
    try:
        return ImagePart(head.partition(";")[0], base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise MalformedBodyError("an image is no base64") from error


def _text(content: str | list[Json] | None) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content or ""


def _choice(choice: str | Json | None) -> Literal["auto", "none", "required"]:
    if choice == "none":
        return "none"
    return "auto" if choice in (None, "auto") else "required"


# --- encoding ---------------------------------------------------------------------------------


class ChunkEncoder:
    """Canonical events as the chunks of one stream.

    Tool calls are sent whole, once they are whole: nobody can begin a call by half of its
    arguments, and `said` may correct what would break a client (see `transport`).
    """

    def __init__(self, chunk_id: str, created: int, model: str) -> None:
        self._head: Json = {"id": chunk_id, "object": "chat.completion.chunk"}
        self._head |= {"created": created, "model": model}

    def delta(self, event: TextDelta | ReasoningDelta) -> bytes:
        name = "content" if isinstance(event, TextDelta) else "reasoning_content"
        return self._chunk({name: event.text})

    def end(
        self, finished: ModelFinished, calls: Sequence[ToolCallPart], usage: TokenUsage
    ) -> bytes:
        """Tool calls, the finish reason, usage and the end of the stream."""
        out = b""
        if calls:
            out += self._chunk({"tool_calls": [_call(i, call) for i, call in enumerate(calls)]})
        reason = "stop" if finished.reason == "tool_calls" and not calls else finished.reason
        out += self._chunk({}, _FINISH[reason])
        counts: Json = {**self._head, "choices": [], "usage": _usage(usage)}
        return out + sse(counts) + b"data: [DONE]\n\n"

    def _chunk(self, delta: Json, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return sse({**self._head, "choices": [choice]})


def sse(body: Json) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def error_body(fault: ProviderFault) -> tuple[int, Json]:
    """Status and body of a call that failed before it began to answer."""
    status = _STATUS.get(fault.kind, 502)
    return status, {"error": {"message": fault.detail, "type": fault.kind, "code": fault.code}}


def _call(index: int, call: ToolCallPart) -> Json:
    function = {"name": call.name, "arguments": call.arguments}
    return {"index": index, "id": call.call_id, "type": "function", "function": function}


def _usage(usage: TokenUsage) -> Json:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
