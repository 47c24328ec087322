"""A canonical request as the body of `/chat/completions`."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Literal

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from vectal.ai.ports import ModelRequest, ProviderKind

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one speaker of the wire does differently from the others."""

    kind: ProviderKind
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    effort: Literal["none", "openai", "deepseek"] = "none"
    """How the model is told to think: not at all, by effort, or by a switch and effort."""
    returns_reasoning: bool = False
    """DeepSeek answers 400 when a message with tool calls comes back without its reasoning."""
    json_schema: bool = True
    """Takes `response_format` with a schema; else plain JSON mode is asked for."""
    inline_thinking: bool = False
    """Open models behind plain servers write `<think>…</think>` at the start of the text."""


def request_body(request: ModelRequest, dialect: Dialect) -> Json:
    body: Json = {
        "model": request.model,
        "messages": [
            *_system(request),
            *(
                message
                for entry in request.messages
                for message in _messages(entry, request, dialect)
            ),
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        dialect.max_tokens_field: request.max_output_tokens,
        **_effort(request, dialect),
    }
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                },
            }
            for tool in request.tools
        ]
        if request.tool_choice != "auto":
            body["tool_choice"] = request.tool_choice
    if request.response_schema is not None:
        body["response_format"] = _response_format(request, dialect)
    return body


def _system(request: ModelRequest) -> list[Json]:
    return [{"role": "system", "content": request.system}] if request.system else []


def _response_format(request: ModelRequest, dialect: Dialect) -> Json:
    if not dialect.json_schema:
        return {"type": "json_object"}
    schema = dict(request.response_schema or {})
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _effort(request: ModelRequest, dialect: Dialect) -> Json:
    traits = request.traits
    if traits.reasoning == "none" or dialect.effort == "none":
        return {}
    if dialect.effort == "openai":
        if request.effort != "off":
            return {"reasoning_effort": request.effort}
        return {"reasoning_effort": "none" if traits.reasoning == "optional" else "low"}
    if request.effort == "off" and traits.reasoning == "optional":
        return {"thinking": {"type": "disabled"}}
    effort = "low" if request.effort in {"off", "low"} else "high"
    return {"thinking": {"type": "enabled"}, "reasoning_effort": effort}


def _messages(message: ChatMessage, request: ModelRequest, dialect: Dialect) -> list[Json]:
    if message.role == "tool":
        return [
            {"role": "tool", "tool_call_id": part.call_id, "content": part.content}
            for part in message.parts
            if isinstance(part, ToolResultPart)
        ]
    if message.role == "user":
        return [{"role": "user", "content": _user_content(message, request)}]
    return [_assistant(message, request, dialect)]


def _user_content(message: ChatMessage, request: ModelRequest) -> str | list[Json]:
    images = [part for part in message.parts if isinstance(part, ImagePart)]
    if not images or not request.traits.images:
        return message.text
    content: list[Json] = []
    for part in message.parts:
        if isinstance(part, TextPart):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, ImagePart):
            encoded = base64.b64encode(part.content).decode()
            url = f"data:{part.media_type};base64,{encoded}"
            content.append({"type": "image_url", "image_url": {"url": url}})
    return content


def _readable(arguments: str) -> str:
    """Arguments as they were written; broken ones (answered by an error) would break the call."""
    try:
        json.loads(arguments)
    except (ValueError, RecursionError):
        return "{}"
    return arguments


def _assistant(message: ChatMessage, request: ModelRequest, dialect: Dialect) -> Json:
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    # A message with calls and no text carries null; one with neither must still say something.
    encoded: Json = {"role": "assistant", "content": message.text or (None if calls else "")}
    if calls:
        encoded["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": _readable(call.arguments)},
            }
            for call in calls
        ]
    thinks = request.traits.reasoning == "always" or request.effort != "off"
    if dialect.returns_reasoning and calls and thinks:
        encoded["reasoning_content"] = "".join(
            part.text
            for part in message.parts
            if isinstance(part, ReasoningPart) and part.provider == dialect.kind
        )
    return encoded
