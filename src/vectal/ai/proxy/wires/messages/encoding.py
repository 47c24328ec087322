"""Canonical events as the events of a message, or as a whole one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec

from vectal.ai.contracts import (
    Part,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    TokenUsage,
    ToolCallPart,
)
from vectal.ai.ports import (
    CitationDelta,
    ModelEvent,
    ModelFinished,
    ReasoningSigned,
    StopReason,
    ToolArgumentsDelta,
    ToolCallStarted,
)
from vectal.ai.providers.messages.citations import written_citation
from vectal.ai.providers.messages.content import as_input
from vectal.ai.proxy.wires.messages.problems import error_body
from vectal.ai.proxy.wires.port import AnswerHead, WireProblem
from vectal.ai.proxy.wires.seals import seal

Json = dict[str, Any]
Open: TypeAlias = Literal["text", "thinking", "tool_use"]

_encode: Final = msgspec.json.Encoder().encode
_REASONS: Final[Mapping[StopReason, str]] = {
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
}
_NOT_ENDED: Final[Json] = {"stop_reason": None, "stop_sequence": None, "stop_details": None}
_PING: Final = b'event: ping\ndata: {"type":"ping"}\n\n'
_DELTA: Final = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":'


class MessageEncoder:
    """One answer in the words of the messages wire. Blocks follow one another, each closed."""

    def __init__(self, head: AnswerHead) -> None:
        self._head = head
        self._open: Open | None = None
        self._index = -1
        self._calls: dict[int, int] = {}

    def begin(self) -> bytes:
        message = {**self._message([]), **_NOT_ENDED, "usage": _usage(TokenUsage())}
        return _event("message_start", message=message) + _PING

    def feed(self, event: ModelEvent) -> bytes:
        if isinstance(event, TextDelta):
            return self._text(event) if event.text else b""
        if isinstance(event, ReasoningDelta):
            return self._thinking() + self._delta(b"thinking_delta", b"thinking", event.text)
        if isinstance(event, ToolArgumentsDelta):
            return self._arguments(event) if event.text else b""
        return self._mark(event)

    def _mark(self, event: ModelEvent) -> bytes:
        """What begins or ends something, or stands between."""
        if isinstance(event, ToolCallStarted):
            block: Json = {"type": "tool_use", "id": event.call_id, "name": event.name}
            opening = self._begin("tool_use", {**block, "input": {}})
            self._calls[event.index] = self._index
            return opening
        if isinstance(event, ReasoningSigned):
            return self._signed(event)
        if isinstance(event, CitationDelta) and self._open == "text":
            delta = {"type": "citations_delta", "citation": written_citation(event.citation)}
            return _event("content_block_delta", index=self._index, delta=delta)
        return b""

    def end(self, finished: ModelFinished, usage: TokenUsage) -> bytes:
        delta = _event("message_delta", delta=_ending(finished), usage=_usage(usage))
        return self._close() + delta + _event("message_stop")

    def fault(self, problem: WireProblem) -> bytes:
        return _event("error", **error_body(problem, self._head.request_id))

    def whole(self, finished: ModelFinished, usage: TokenUsage) -> bytes:
        blocks = [block for part in finished.message.parts if (block := _block(part)) is not None]
        return _encode({**self._message(blocks), **_ending(finished), "usage": _usage(usage)})

    def _message(self, content: list[Json]) -> Json:
        return {
            "id": f"msg_{self._head.id}",
            "type": "message",
            "role": "assistant",
            "model": self._head.model,
            "content": content,
        }

    def _text(self, event: TextDelta) -> bytes:
        opening = b""
        if event.opens or self._open != "text":
            opening = self._begin("text", {"type": "text", "text": ""})
        return opening + self._delta(b"text_delta", b"text", event.text)

    def _thinking(self) -> bytes:
        if self._open == "thinking":
            return b""
        return self._begin("thinking", {"type": "thinking", "thinking": "", "signature": ""})

    def _signed(self, event: ReasoningSigned) -> bytes:
        signature = seal(event.signature, event.provider, "anthropic")
        if event.redacted:
            block = {"type": "redacted_thinking", "data": signature}
            return self._begin("thinking", block) + self._close()
        opening = self._thinking()
        return opening + self._delta(b"signature_delta", b"signature", signature) + self._close()

    def _arguments(self, event: ToolArgumentsDelta) -> bytes:
        index = self._calls.get(event.index, self._index)
        return self._delta(b"input_json_delta", b"partial_json", event.text, index)

    def _delta(self, kind: bytes, member: bytes, text: str, index: int | None = None) -> bytes:
        place = b"%d" % (self._index if index is None else index)
        words = b'"%s","%s":' % (kind, member)
        return _DELTA + place + b',"delta":{"type":' + words + _encode(text) + b"}}\n\n"

    def _begin(self, kind: Open, block: Json) -> bytes:
        closing = self._close()
        self._open = kind
        self._index += 1
        return closing + _event("content_block_start", index=self._index, content_block=block)

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        return _event("content_block_stop", index=self._index)


def _event(name: str, **body: Any) -> bytes:
    return f"event: {name}\ndata: ".encode() + _encode({"type": name, **body}) + b"\n\n"


def _ending(finished: ModelFinished) -> Json:
    stopped = finished.stop_sequence if finished.reason == "stop" else None
    otherwise = "end_turn" if stopped is None else "stop_sequence"
    reason = _REASONS.get(finished.reason, otherwise)
    details = None
    if reason == "refusal":
        details = {"type": "refusal", "category": None, "explanation": finished.refusal}
    return {"stop_reason": reason, "stop_sequence": stopped, "stop_details": details}


def _block(part: Part) -> Json | None:
    if isinstance(part, TextPart) and part.text:
        citations = [written_citation(citation) for citation in part.citations]
        # Left out where there are none: some clients read a list or nothing, and refuse null.
        return {
            "type": "text",
            "text": part.text,
            **({"citations": citations} if citations else {}),
        }
    if isinstance(part, ReasoningPart):
        signature = seal(part.signature or "", part.provider, "anthropic")
        if part.redacted:
            return {"type": "redacted_thinking", "data": signature}
        signature = signature if part.signature else ""
        return {"type": "thinking", "thinking": part.text, "signature": signature}
    if isinstance(part, ToolCallPart):
        # What a model wrote wrongly must not look like a call without arguments.
        words = as_input(part.arguments or "{}") or {"INVALID_JSON": part.arguments}
        return {"type": "tool_use", "id": part.call_id, "name": part.name, "input": words}
    return None


def _usage(usage: TokenUsage) -> Json:
    fresh = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    return {
        "input_tokens": max(0, fresh),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
    }
