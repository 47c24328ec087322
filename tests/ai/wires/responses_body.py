"""A canonical request as a client of OpenAI's responses would write it.

No provider of ours speaks this wire, so nothing in the package writes it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
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
from vectal.ai.ports import ModelRequest, NamedTool

Json = dict[str, Any]
TTLS = {"5m": "30m", "1h": "12h"}


def responses_body(request: ModelRequest) -> Json:
    body: Json = {
        "model": request.model,
        "input": [item for message in request.messages for item in _items(message)],
        "max_output_tokens": request.max_output_tokens,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "stream": True,
        "tools": [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
                "strict": tool.strict,
            }
            for tool in request.tools
        ],
        "parallel_tool_calls": request.parallel_tool_calls,
        "temperature": request.sampling.temperature,
        "top_p": request.sampling.top_p,
    }
    if request.system:
        body["instructions"] = request.system
    if request.user_id:
        body["safety_identifier"] = request.user_id
    if request.effort is not None:
        body["reasoning"] = {"effort": "none" if request.effort == "off" else request.effort}
    if isinstance(request.tool_choice, NamedTool):
        body["tool_choice"] = {"type": "function", "name": request.tool_choice.name}
    else:
        body["tool_choice"] = request.tool_choice
    return {**body, **_format(request)}


def _format(request: ModelRequest) -> Json:
    if request.response_schema is not None:
        schema: Json = {
            "type": "json_schema",
            "name": request.schema_name,
            "schema": dict(request.response_schema),
            "strict": request.schema_strict,
            "description": request.schema_description,
        }
        return {"text": {"format": schema}}
    return {"text": {"format": {"type": "json_object"}}} if request.json_mode else {}


def _items(message: ChatMessage) -> Iterator[Json]:
    if message.role == "user":
        content = [_piece(part) for part in message.parts]
        yield {"type": "message", "role": "user", "content": content}
        return
    for number, part in enumerate(message.parts):
        yield _item(part, f"id_{number}")


def _item(part: Part, item_id: str) -> Json:
    if isinstance(part, ToolCallPart):
        call = {"type": "function_call", "call_id": part.call_id, "name": part.name}
        return {**call, "arguments": part.arguments}
    if isinstance(part, ToolResultPart):
        output = [_piece(piece) for piece in part.pieces] or part.content
        return {"type": "function_call_output", "call_id": part.call_id, "output": output}
    if isinstance(part, ReasoningPart):
        summary = [{"type": "summary_text", "text": part.text}] if part.text else []
        thought: Json = {"type": "reasoning", "id": item_id, "summary": summary}
        return {**thought, "encrypted_content": _seal(part)}
    assert isinstance(part, TextPart)
    said: Json = {"type": "output_text", "text": part.text, "annotations": []}
    if part.refusal:
        said = {"type": "refusal", "refusal": part.text}
    message = {"type": "message", "id": item_id, "role": "assistant", "status": "completed"}
    return {**message, "content": [said]}


def _seal(part: ReasoningPart) -> str | None:
    if part.signature is None or part.provider == "openai":
        return part.signature
    return f"{part.provider}:{'redacted:' if part.redacted else ''}{part.signature}"


def _piece(part: Part) -> Json:
    piece: Json
    if isinstance(part, TextPart):
        piece = {"type": "input_text", "text": part.text}
    elif isinstance(part, ImagePart):
        url = part.url or _data_url(part.media_type, part.content)
        piece = {"type": "input_image", "image_url": url}
        if part.detail is not None:
            piece["detail"] = part.detail
    else:
        assert isinstance(part, FilePart)
        piece = {"type": "input_file", "filename": part.name}
        piece |= (
            {"file_url": part.url}
            if part.url
            else {"file_data": _data_url(part.media_type, part.data)}
        )
    if part.cache is not None:
        piece["prompt_cache_breakpoint"] = {"mode": "explicit", "ttl": TTLS[part.cache]}
    return piece


def _data_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{b64encode(content).decode()}"
