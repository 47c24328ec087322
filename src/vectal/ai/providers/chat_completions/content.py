"""Messages of a canonical request as messages of `/chat/completions`."""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from typing import Any, Final

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.contracts_documents import CacheTtl, FilePart
from vectal.ai.ports import ModelRequest
from vectal.ai.providers.chat_completions.dialect import Dialect
from vectal.ai.providers.fitting import PDF, PLAIN_JSON, schema_words, unsendable

Json = dict[str, Any]

ERROR_LINE: Final = "Error:\n"
"""Before what a failed tool said, which has no member of its own in this shape."""


def encoded_messages(request: ModelRequest, dialect: Dialect) -> list[Json]:
    """The system prompt, then everything that was said."""
    system = _prompt(request, dialect)
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


def _prompt(request: ModelRequest, dialect: Dialect) -> str | list[Json]:
    said = list(_system(request, dialect))
    blocks = request.system_blocks
    if not dialect.cache_marks or not any(part.cache for part in blocks):
        return "\n\n".join(said)
    added = [TextPart(text) for text in said[1:]]  # the first is all of the blocks
    return [_text(part, dialect) for part in (*blocks, *added)]


def _system(request: ModelRequest, dialect: Dialect) -> Iterator[str]:
    if request.system:
        yield request.system
    if request.response_schema is not None and not dialect.json_schema:
        yield schema_words(request.response_schema)
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
            content = _told(part, dialect)
            yield {"role": "tool", "tool_call_id": part.call_id, "content": content}
    if shown and (request.traits.images or any(isinstance(p, FilePart) for p in shown)):
        yield {"role": "user", "content": _content(shown, request, dialect)}


def _told(part: ToolResultPart, dialect: Dialect) -> str | list[Json]:
    # What says of itself that it is an error is told once.
    failed = not part.ok and not part.content.startswith("Error:")
    content = f"{ERROR_LINE}{part.content}" if failed else part.content
    ttl = part.cache
    for piece in part.all_pieces:
        ttl = ttl or (piece.cache if isinstance(piece, TextPart) else None)
    if ttl is None or not dialect.cache_marks:
        return content
    return [_text(TextPart(content, cache=ttl), dialect)]


def _content(parts: Iterable[Part], request: ModelRequest, dialect: Dialect) -> str | list[Json]:
    said = (each for part in parts for each in _told_of(part))
    pieces = [piece for p in said if (piece := _piece(p, request, dialect)) is not None]
    texts = [piece["text"] for piece in pieces if piece["type"] == "text"]
    if len(texts) < len(pieces) or (len(texts) > 1 and dialect.text_lists):
        return pieces
    if any("cache_control" in piece for piece in pieces):
        return pieces
    return "\n\n".join(texts)


def _told_of(part: Part) -> Iterator[Part]:
    """The part, and before it what is said about a file that has no member for that here."""
    if isinstance(part, FilePart) and part.about and not part.is_text:
        yield TextPart(part.about)
    yield part


def _piece(part: Part, request: ModelRequest, dialect: Dialect) -> Json | None:
    if isinstance(part, TextPart):
        return _text(part, dialect)
    if isinstance(part, FilePart):
        return _marked(_file(part, dialect), part.cache, dialect)
    if isinstance(part, ImagePart) and request.traits.images:
        image: Json = {"url": part.url or _data_url(part.media_type, part.content)}
        if part.detail is not None:
            image["detail"] = part.detail
        return _marked({"type": "image_url", "image_url": image}, part.cache, dialect)
    return None


def _text(part: TextPart, dialect: Dialect) -> Json:
    return _marked({"type": "text", "text": part.text}, part.cache, dialect)


def _marked(piece: Json, ttl: CacheTtl | None, dialect: Dialect) -> Json:
    if ttl is not None and dialect.cache_marks:
        piece["cache_control"] = cache_control(ttl)
    return piece


def cache_control(ttl: CacheTtl) -> Json:
    """The mark; five minutes are what is taken unsaid."""
    return {"type": "ephemeral"} if ttl == "5m" else {"type": "ephemeral", "ttl": ttl}


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
