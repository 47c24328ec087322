"""A canonical request as the body of `/v1/messages`."""

from __future__ import annotations

import base64
import json
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
from vectal.ai.ports import ModelRequest
from vectal.ai.providers.untrusted import as_object

Json = dict[str, Any]

_BUDGETS: Final[dict[str, int]] = {"low": 2_048, "medium": 8_192, "high": 24_576}
_MIN_BUDGET: Final = 1_024
_EPHEMERAL: Final[Json] = {"type": "ephemeral"}


def request_body(request: ModelRequest) -> Json:
    body: Json = {
        "model": request.model,
        "max_tokens": request.max_output_tokens,
        "messages": _merged(request),
        "stream": True,
        # One marker on the last block: a tool loop reads all but its newest round from the cache.
        "cache_control": _EPHEMERAL,
        **_thinking(request),
    }
    if request.system:
        # And one that outlives the conversation: rules and tools are the same in every turn.
        body["system"] = [
            {"type": "text", "text": request.system, "cache_control": _EPHEMERAL},
        ]
    if request.tools:
        body["tools"] = [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": dict(tool.parameters),
            }
            for tool in request.tools
        ]
        if request.tool_choice != "auto":
            names = {"required": "any", "none": "none"}
            body["tool_choice"] = {"type": names[request.tool_choice]}
    return body


def _thinking(request: ModelRequest) -> Json:
    traits = request.traits
    config: Json = {}
    if request.response_schema is not None:
        config["format"] = {"type": "json_schema", "schema": dict(request.response_schema)}
    settings: Json = {}
    if traits.reasoning == "none":
        pass
    elif request.effort == "off" and traits.reasoning == "optional":
        if traits.reasoning_off != "omit":
            settings["thinking"] = {"type": traits.reasoning_off}
    elif traits.reasoning_style == "adaptive":
        settings["thinking"] = {"type": "adaptive", "display": "summarized"}
        config["effort"] = "low" if request.effort == "off" else request.effort
    else:
        budget = min(_BUDGETS.get(request.effort, _MIN_BUDGET), request.max_output_tokens - 1)
        if budget >= _MIN_BUDGET:
            settings["thinking"] = {"type": "enabled", "budget_tokens": budget}
    if config:
        settings["output_config"] = config
    return settings


def _merged(request: ModelRequest) -> list[Json]:
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


def _blocks(message: ChatMessage, request: ModelRequest) -> list[Json]:
    blocks = (_block(part, request) for part in message.parts)
    return [block for block in blocks if block is not None]


def _block(part: Part, request: ModelRequest) -> Json | None:
    if isinstance(part, TextPart):
        # The API refuses text blocks that are empty or blank.
        return {"type": "text", "text": part.text} if part.text.strip() else None
    if isinstance(part, ReasoningPart):
        return _reasoning(part, request)
    if isinstance(part, ToolCallPart):
        return {"type": "tool_use", "id": part.call_id, "name": part.name, "input": _input(part)}
    if isinstance(part, ToolResultPart):
        result: Json = {
            "type": "tool_result",
            "tool_use_id": part.call_id,
            "content": part.content,
        }
        return result if part.ok else {**result, "is_error": True}
    return _image(part) if request.traits.images else None


def _reasoning(part: ReasoningPart, request: ModelRequest) -> Json | None:
    # A signature is only good with the vendor that gave it, and while the model thinks.
    thinks = request.traits.reasoning == "always" or request.effort != "off"
    if part.provider != "anthropic" or part.signature is None or not thinks:
        return None
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.signature}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _image(part: ImagePart) -> Json:
    encoded = base64.b64encode(part.content).decode()
    source = {"type": "base64", "media_type": part.media_type, "data": encoded}
    return {"type": "image", "source": source}


def _input(part: ToolCallPart) -> Json:
    """The arguments as an object; what is none was answered with an error, so it may be empty."""
    try:
        return as_object(json.loads(part.arguments))
    except (ValueError, RecursionError):
        return {}
