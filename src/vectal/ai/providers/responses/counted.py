"""A canonical request in the words of `/v1/responses`, to have it counted and never answered.

What does not change the count, as who said it in which turn, is written as plainly as it may.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator
from typing import Any

from vectal.ai.contracts import (
    ChatMessage,
    FilePart,
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.ports import ModelRequest, ToolSpec
from vectal.ai.providers.fitting import unsendable

Json = dict[str, Any]


def counted_body(request: ModelRequest) -> Json:
    """Raises ProviderFault for documents: what they come to is not in their bytes."""
    items = [item for message in request.messages for item in _items(message)]
    body: Json = {"model": request.model, "input": items}
    if request.system:
        body["instructions"] = request.system
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.response_schema is not None:
        schema = dict(request.response_schema)
        body["text"] = {
            "format": {
                "type": "json_schema",
                "name": request.schema_name,
                "description": request.schema_description,
                "schema": schema,
            }
        }
    return body


def _items(message: ChatMessage) -> Iterator[Json]:
    for part in message.parts:
        if isinstance(part, ReasoningPart):
            continue  # it is not sent back to this vendor
        if isinstance(part, ToolCallPart):
            yield {
                "type": "function_call",
                "call_id": part.call_id,
                "name": part.name,
                "arguments": part.arguments,
            }
        elif isinstance(part, ToolResultPart):
            yield {"type": "function_call_output", "call_id": part.call_id, "output": part.content}
            pictures = [_piece(each, "user") for each in part.pieces if isinstance(each, ImagePart)]
            if pictures:
                yield {"role": "user", "content": pictures}
        else:
            yield {"role": message.role, "content": [_piece(part, message.role)]}


def _piece(part: TextPart | ImagePart | FilePart, role: str) -> Json:
    if isinstance(part, TextPart):
        return {"type": "output_text" if role == "assistant" else "input_text", "text": part.text}
    if isinstance(part, ImagePart):
        encoded = b2a_base64(part.content, newline=False).decode()
        url = part.url or f"data:{part.media_type};base64,{encoded}"
        return {"type": "input_image", "image_url": url, "detail": part.detail or "auto"}
    if part.is_text:
        text = "\n".join(filter(None, (part.name, part.about, part.content)))
        return {"type": "input_text", "text": text}
    raise unsendable(part, "only its vendor knows how much it is.")


def _tool(tool: ToolSpec) -> Json:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
