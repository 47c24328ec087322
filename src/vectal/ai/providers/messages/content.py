"""Parts of a message as content blocks of `/v1/messages`."""

from __future__ import annotations

import re
from binascii import b2a_base64
from typing import Any, Final

import msgspec

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
from vectal.ai.providers.fitting import PDF, unsendable
from vectal.ai.providers.messages.citations import sent_citation

Json = dict[str, Any]

_ODD: Final = re.compile(r"[^a-zA-Z0-9_-]")
_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_MISNAMED: Final = {"image/jpg": "image/jpeg"}
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EMPTY: Final = msgspec.Raw(b"{}")


def merged_messages(request: ModelRequest) -> list[Json]:
    """Messages by turns: results of tools are the user's, neighbours of one role are joined."""
    merged: list[Json] = []
    for message in request.messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message, request)
        if not blocks:
            continue
        if merged and merged[-1]["role"] == role:
            merged[-1]["content"].extend(blocks)
        else:
            merged.append({"role": role, "content": blocks})
    return merged


def marked(block: Json, ttl: CacheTtl | None) -> Json:
    """The block with its mark for the cache; five minutes are what the vendor takes unsaid."""
    if ttl is not None:
        block["cache_control"] = cache_control(ttl)
    return block


def cache_control(ttl: CacheTtl) -> Json:
    return {"type": "ephemeral"} if ttl == "5m" else {"type": "ephemeral", "ttl": ttl}


def text_block(part: TextPart) -> Json | None:
    # The API refuses text blocks that are empty or blank.
    if not part.text.strip():
        return None
    block: Json = {"type": "text", "text": part.text}
    cited = [sent for each in part.citations if (sent := sent_citation(each)) is not None]
    if cited:
        block["citations"] = cited
    return marked(block, part.cache)


def _blocks(message: ChatMessage, request: ModelRequest) -> list[Json]:
    blocks = (_block(part, request) for part in message.parts)
    return [block for block in blocks if block is not None]


def _block(part: Part, request: ModelRequest) -> Json | None:
    if isinstance(part, TextPart):
        return text_block(part)
    if isinstance(part, ReasoningPart):
        return _reasoning(part, request)
    if isinstance(part, ToolCallPart):
        call = {"type": "tool_use", "id": _call_id(part.call_id), "name": part.name}
        # What is no object was answered with an error, so it may be empty.
        return marked({**call, "input": as_input(part.arguments) or _EMPTY}, part.cache)
    if isinstance(part, ToolResultPart):
        return _result(part, request)
    if isinstance(part, FilePart):
        return _document(part)
    return _image(part) if request.traits.images else None


def _reasoning(part: ReasoningPart, request: ModelRequest) -> Json | None:
    # A signature is only good with the vendor that gave it, and while the model may think.
    silent = request.traits.reasoning == "none" or (request.effort == "off" and not request.thinks)
    if part.provider != "anthropic" or part.signature is None or silent:
        return None
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.signature}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _result(part: ToolResultPart, request: ModelRequest) -> Json:
    block: Json = {"type": "tool_result", "tool_use_id": _call_id(part.call_id)}
    if part.pieces:
        pieces = (_block(piece, request) for piece in part.all_pieces)
        block["content"] = [piece for piece in pieces if piece is not None]
    else:
        block["content"] = part.content
    if not part.ok:
        block["is_error"] = True
    return marked(block, part.cache)


def _image(part: ImagePart) -> Json:
    kind = _image_type(part.content) or _MISNAMED.get(part.media_type, part.media_type)
    source = {"type": "url", "url": part.url} if part.url else _file(kind, part.content)
    return marked({"type": "image", "source": source}, part.cache)


def _image_type(content: bytes) -> str | None:
    """What the picture is, since the vendor refuses one that is called another."""
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _IMAGES if content.startswith(start)), None)


def _document(part: FilePart) -> Json:
    block: Json = {"type": "document", "source": _source(part)}
    if part.name is not None:
        block["title"] = part.name
    if part.about is not None:
        block["context"] = part.about
    if part.cite:
        block["citations"] = {"enabled": True}
    return marked(block, part.cache)


def _source(part: FilePart) -> Json:
    if part.url:
        return {"type": "url", "url": part.url}
    if part.is_text:
        return {"type": "text", "media_type": "text/plain", "data": part.content}
    if part.media_type != PDF:
        raise unsendable(part, "it takes PDF and plain text.")
    return _file(part.media_type, part.data)


def _file(media_type: str, content: bytes) -> Json:
    encoded = b2a_base64(content, newline=False).decode()
    return {"type": "base64", "media_type": media_type, "data": encoded}


def _call_id(call_id: str) -> str:
    """Other vendors' ids have characters that this one refuses; calls and results agree."""
    return _ODD.sub("_", call_id)


def as_input(arguments: str) -> msgspec.Raw | None:
    """The arguments as they were written; None when they are no JSON object."""
    try:
        _OBJECT.decode(arguments)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return msgspec.Raw(arguments.encode())
