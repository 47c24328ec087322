"""Each adapter on its test bench: how its vendor would write the same answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.ai.providers.scripted_egress import Playback, ScriptedEgress

from vectal.ai.contracts import user_message
from vectal.ai.ports import Egress, ModelRequest, ProviderAdapter, ToolSpec, WireTraits
from vectal.ai.providers.anthropic import AnthropicAdapter
from vectal.ai.providers.compatible import compatible_adapter
from vectal.ai.providers.deepseek import deepseek_adapter
from vectal.ai.providers.openai import openai_adapter

Json = dict[str, Any]

TOOL = ToolSpec("look", "Look something up.", {"type": "object", "properties": {}})


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Reasoning:
    text: str


@dataclass(frozen=True)
class Call:
    call_id: str
    name: str
    arguments: tuple[str, ...]


Piece: TypeAlias = Text | Reasoning | Call


@dataclass(frozen=True)
class Usage:
    """As we count: input with cache, output with reasoning."""

    input: int = 100
    output: int = 20
    cached: int = 40
    reasoning: int = 5


@dataclass(frozen=True)
class Rig:
    """An adapter and its vendor's handwriting."""

    name: str
    adapter: Callable[[Egress], ProviderAdapter]
    stream: Callable[[Sequence[Piece], str, Usage | None], bytes]
    """Pieces, our stop reason and usage, as the bytes of a whole stream."""
    open_stream: Callable[[Sequence[Piece]], bytes]
    """The same without an end."""
    error_event: bytes
    """"Overloaded", told inside a stream with status 200."""
    error_body: bytes
    """"Overloaded", as the body of an error status."""

    def make(self, *playbacks: Playback | Exception) -> tuple[ProviderAdapter, ScriptedEgress]:
        egress = ScriptedEgress(*playbacks)  # type: ignore[arg-type]
        return self.adapter(egress), egress


def a_request(**changes: Any) -> ModelRequest:
    fields: Json = {
        "model": "some-model",
        "system": "Be brief.",
        "messages": (user_message("Hi"),),
        "max_output_tokens": 500,
        "tools": (TOOL,),
        "effort": "low",
        "traits": WireTraits(reasoning="optional"),
    }
    return ModelRequest(**{**fields, **changes})


# --- chat completions -------------------------------------------------------------------------

_CHAT_REASONS = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}


def _data(body: Json | str) -> bytes:
    text = body if isinstance(body, str) else json.dumps(body)
    return f"data: {text}\n\n".encode()


def _chat_chunk(delta: Json, reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return _data({"id": "c1", "object": "chat.completion.chunk", "choices": [choice]})


def _chat_pieces(pieces: Sequence[Piece]) -> bytes:
    out = _chat_chunk({"role": "assistant", "content": ""})
    calls = 0
    for piece in pieces:
        if isinstance(piece, Text):
            out += _chat_chunk({"content": piece.text})
        elif isinstance(piece, Reasoning):
            out += _chat_chunk({"reasoning_content": piece.text, "content": None})
        else:
            head = {
                "index": calls,
                "id": piece.call_id,
                "type": "function",
                "function": {"name": piece.name, "arguments": ""},
            }
            out += _chat_chunk({"tool_calls": [head]})
            for part in piece.arguments:
                tail = {"index": calls, "function": {"arguments": part}}
                out += _chat_chunk({"tool_calls": [tail]})
            calls += 1
    return out


def _chat_stream(pieces: Sequence[Piece], reason: str, usage: Usage | None) -> bytes:
    out = _chat_pieces(pieces) + _chat_chunk({}, _CHAT_REASONS[reason])
    if usage is not None:
        counts = {
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cached},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        }
        out += _data({"id": "c1", "choices": [], "usage": counts})
    return out + _data("[DONE]")


_CHAT_ERROR = {"error": {"message": "We are full.", "type": "overloaded_error", "code": None}}

# --- messages ---------------------------------------------------------------------------------

_MESSAGE_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "refusal": "refusal",
}


def _event(name: str, **body: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **body})}\n\n".encode()


def _message_pieces(pieces: Sequence[Piece], usage: Usage | None = None) -> bytes:
    start: Json = {"id": "m1", "type": "message", "role": "assistant", "content": []}
    if usage is not None:
        start["usage"] = {
            "input_tokens": usage.input - usage.cached,
            "cache_read_input_tokens": usage.cached,
            "output_tokens": 1,
        }
    out = _event("message_start", message=start) + _event("ping")
    for index, piece in enumerate(pieces):
        block, deltas = _block(piece)
        out += _event("content_block_start", index=index, content_block=block)
        for delta in deltas:
            out += _event("content_block_delta", index=index, delta=delta)
        out += _event("content_block_stop", index=index)
    return out


def _block(piece: Piece) -> tuple[Json, list[Json]]:
    if isinstance(piece, Text):
        return {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece.text}]
    if isinstance(piece, Reasoning):
        return {"type": "thinking", "thinking": "", "signature": ""}, [
            {"type": "thinking_delta", "thinking": piece.text},
            {"type": "signature_delta", "signature": "sig-1"},
        ]
    block: Json = {"type": "tool_use", "id": piece.call_id, "name": piece.name, "input": {}}
    return block, [{"type": "input_json_delta", "partial_json": part} for part in piece.arguments]


def _message_stream(pieces: Sequence[Piece], reason: str, usage: Usage | None) -> bytes:
    delta: Json = {"stop_reason": _MESSAGE_REASONS[reason], "stop_sequence": None}
    end: Json = {"delta": delta}
    if usage is not None:
        end["usage"] = {
            "output_tokens": usage.output,
            "output_tokens_details": {"thinking_tokens": usage.reasoning},
        }
    return _message_pieces(pieces, usage) + _event("message_delta", **end) + _event("message_stop")


_MESSAGE_ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}

OPENAI, DEEPSEEK, COMPATIBLE = (
    Rig(
        name,
        adapter,
        _chat_stream,
        _chat_pieces,
        _data(_CHAT_ERROR),
        json.dumps(_CHAT_ERROR).encode(),
    )
    for name, adapter in (
        ("openai", openai_adapter),
        ("deepseek", deepseek_adapter),
        ("openai_compatible", compatible_adapter),
    )
)
ANTHROPIC = Rig(
    "anthropic",
    AnthropicAdapter,
    _message_stream,
    _message_pieces,
    _event("error", error=_MESSAGE_ERROR["error"]),
    json.dumps(_MESSAGE_ERROR).encode(),
)
RIGS = (OPENAI, DEEPSEEK, COMPATIBLE, ANTHROPIC)
