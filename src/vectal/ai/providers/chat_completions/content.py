"""Messages of a canonical request as messages of `/chat/completions`."""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from typing import Any

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
from vectal.ai.ports import ModelRequest
from vectal.ai.providers.chat_completions.dialect import Dialect
from vectal.ai.providers.driver import written
from vectal.ai.providers.fitting import PDF, PLAIN_JSON, unsendable

Json = dict[str, Any]


def encoded_messages(request: ModelRequest, dialect: Dialect) -> list[Json]:
    """The system prompt, then everything that was said."""
    system = "\n\n".join(_system(request, dialect))
    encoded: list[Json] = [{"role": "system", "content": system}] if system else []
    for message in request.messages:
        if message.role == "user":
            content = _content(message.parts, request, dialect)
            encoded.append({"role": "user", "content": content})
        elif message.role == "tool":
            encoded.extend(_results(message, request, dialect))
        else:
            encoded.append(_assistant(message, request, dialect))
    return encoded


def _system(request: ModelRequest, dialect: Dialect) -> Iterator[str]:
    if request.system:
        yield request.system
    if request.response_schema is not None and not dialect.json_schema:
        schema = written(dict(request.response_schema)).decode()
        yield f"Answer with one JSON object that fits this JSON schema:\n{schema}"
    elif request.json_mode and request.response_schema is None and not dialect.json_schema:
        yield PLAIN_JSON


def _results(message: ChatMessage, request: ModelRequest, dialect: Dialect) -> Iterator[Json]:
    """One message a result. Results are text alone, so what else they hold is shown after them."""
    shown: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResultPart):
            others = [p for p in part.all_pieces if not isinstance(p, TextPart)]
            if others:
                shown += [TextPart(f"What the call {part.call_id} returned:"), *others]
            yield {"role": "tool", "tool_call_id": part.call_id, "content": part.content}
    if shown and (request.traits.images or any(isinstance(p, FilePart) for p in shown)):
        yield {"role": "user", "content": _content(shown, request, dialect)}


def _content(parts: Iterable[Part], request: ModelRequest, dialect: Dialect) -> str | list[Json]:
    pieces = [piece for p in parts if (piece := _piece(p, request, dialect)) is not None]
    texts = [piece["text"] for piece in pieces if piece["type"] == "text"]
    if len(texts) < len(pieces) or (len(texts) > 1 and dialect.text_lists):
        return pieces
    return "\n\n".join(texts)


def _piece(part: Part, request: ModelRequest, dialect: Dialect) -> Json | None:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, FilePart):
        return _file(part, dialect)
    if isinstance(part, ImagePart) and request.traits.images:
        image: Json = {"url": part.url or _data_url(part.media_type, part.content)}
        if part.detail is not None:
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}
    return None


def _file(part: FilePart, dialect: Dialect) -> Json:
    about = "\n".join(text for text in (part.name, part.about) if text)
    if part.is_text:
        return {"type": "text", "text": f"{about}\n\n{part.content}" if about else part.content}
    if part.url:
        raise unsendable(part, "it is an address, and this provider fetches none.")
    if not dialect.files or part.media_type != PDF:
        raise unsendable(part, "it takes PDF and text." if dialect.files else "it takes text only.")
    data = _data_url(part.media_type, part.data)
    return {"type": "file", "file": {"file_data": data, "filename": part.name or "document.pdf"}}


def _data_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{b2a_base64(content, newline=False).decode()}"


def _assistant(message: ChatMessage, request: ModelRequest, dialect: Dialect) -> Json:
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    texts = [part for part in message.parts if isinstance(part, TextPart)]
    refusal = "".join(part.text for part in texts if part.refusal and dialect.refusals)
    text = "".join(part.text for part in texts if not (part.refusal and dialect.refusals))
    # A message with calls and no text carries null; one with neither must still say something.
    silence = None if calls or refusal else ""
    encoded: Json = {"role": "assistant", "content": text or silence}
    if refusal:
        encoded["refusal"] = refusal
    if calls:
        encoded["tool_calls"] = [_call(call) for call in calls]
    if dialect.returns_reasoning and calls and request.thinks:
        # What a client sent back without a name may be this vendor's own.
        encoded["reasoning_content"] = "".join(
            part.text
            for part in message.parts
            if isinstance(part, ReasoningPart) and part.provider in {dialect.kind, None}
        )
    return encoded


def _call(call: ToolCallPart) -> Json:
    function = {"name": call.name, "arguments": _readable(call.arguments)}
    return {"id": call.call_id, "type": "function", "function": function}


def _readable(arguments: str) -> str:
    """Arguments as they were written; broken ones (answered by an error) would break the call."""
    try:
        json.loads(arguments)
    except (ValueError, RecursionError):
        return "{}"
    return arguments
