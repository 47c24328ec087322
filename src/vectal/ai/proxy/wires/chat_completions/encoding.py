"""Canonical events as chunks of a chat completion, or as a whole one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from vectal.ai.contracts import (
    ChatMessage,
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
    StopReason,
    ToolArgumentsDelta,
    ToolCallStarted,
)
from vectal.ai.providers.chat_completions.annotations import written_page
from vectal.ai.proxy.wires.port import AnswerHead, WireProblem
from vectal.ai.proxy.wires.problems import error_object

Json = dict[str, Any]

_encode: Final = msgspec.json.Encoder().encode
_FINISH: Final[Mapping[StopReason, str]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
_DONE: Final = b"data: [DONE]\n\n"


class ChatCompletionEncoder:
    """One answer in the words of chat completions."""

    def __init__(self, head: AnswerHead, *, include_usage: bool) -> None:
        self._head = head
        self._include_usage = include_usage
        # Most of a stream is the same bytes again and again; only the delta is written anew.
        chunk = self._object("chat.completion.chunk")
        self._before = b"data: " + _encode(chunk)[:-1] + b',"choices":[{"index":0,"delta":'
        self._usage = b',"usage":null' if include_usage else b""
        self._after = b',"logprobs":null,"finish_reason":null}]' + self._usage + b"}\n\n"
        self._chars = 0
        self._block_at = 0
        self._silent_calls: set[int] = set()
        self._annotations: list[Json] = []
        self._refused = False

    def begin(self) -> bytes:
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def feed(self, event: ModelEvent) -> bytes:
        if isinstance(event, TextDelta):
            return self._text(event)
        if isinstance(event, ReasoningDelta):
            return self._chunk({"reasoning_content": event.text})
        if isinstance(event, ToolArgumentsDelta):
            self._silent_calls.discard(event.index)
            return self._call({"index": event.index, "function": {"arguments": event.text}})
        if isinstance(event, ToolCallStarted):
            self._silent_calls.add(event.index)
            function = {"name": event.name, "arguments": ""}
            call = {"index": event.index, "id": event.call_id, "type": "function"}
            return self._call({**call, "function": function})
        if isinstance(event, CitationDelta):
            page = written_page(event.citation, (self._block_at, self._chars))
            if page is not None:
                self._annotations.append({"type": "url_citation", "url_citation": page})
        return b""

    def whole_calls(self, calls: Sequence[ToolCallPart]) -> bytes:
        """All calls of an answer at once, for who holds them back until they are whole."""
        if not calls:
            return b""
        written = [{"index": index, **_call(call)} for index, call in enumerate(calls)]
        return self._chunk({"tool_calls": written})

    def end(self, finished: ModelFinished, usage: TokenUsage) -> bytes:
        out = b"".join(
            self._call({"index": index, "function": {"arguments": "{}"}})
            for index in sorted(self._silent_calls)
        )
        if self._annotations:
            # All at once, as the vendor does: its client can't join lists without an index.
            out += self._chunk({"annotations": self._annotations})
        if finished.refusal and not self._refused:
            out += self._chunk({"refusal": finished.refusal})
            self._refused = True
        reason = _finish_reason(finished, refused=self._refused)
        ending = f',"logprobs":null,"finish_reason":"{reason}"}}]'.encode()
        out += self._before + b"{}" + ending + self._usage + b"}\n\n"
        if self._include_usage:
            counts: Json = {"choices": [], "usage": _usage(usage)}
            chunk = _encode({**self._object("chat.completion.chunk"), **counts})
            out += b"data: " + chunk + b"\n\n"
        return out + _DONE

    def fault(self, problem: WireProblem) -> bytes:
        return b"data: " + _encode({"error": error_object(problem)}) + b"\n\n"

    def whole(self, finished: ModelFinished, usage: TokenUsage) -> bytes:
        message = _message(finished)
        reason = _finish_reason(finished, refused=message["refusal"] is not None)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        answer = {"choices": [choice], "usage": _usage(usage)}
        return _encode({**self._object("chat.completion"), **answer})

    def _object(self, kind: str) -> Json:
        head: Json = {"id": f"chatcmpl-{self._head.id}", "object": kind}
        return {**head, "created": self._head.created, "model": self._head.model} | {
            "system_fingerprint": None
        }

    def _chunk(self, delta: Json) -> bytes:
        return self._before + _encode(delta) + self._after

    def _call(self, call: Json) -> bytes:
        return self._chunk({"tool_calls": [call]})

    def _text(self, event: TextDelta) -> bytes:
        if event.refusal:
            self._refused = True
            return self._chunk({"refusal": event.text})
        if event.opens:
            self._block_at = self._chars
        self._chars += len(event.text)
        return self._before + b'{"content":' + _encode(event.text) + b"}" + self._after


def _finish_reason(finished: ModelFinished, *, refused: bool) -> str:
    # A refusal in words is an answer like any other; one without can only be told this way.
    if finished.reason == "refusal":
        return "stop" if refused else "content_filter"
    return _FINISH[finished.reason]


def _message(finished: ModelFinished) -> Json:
    message = finished.message
    texts = [part for part in message.parts if isinstance(part, TextPart)]
    refusal = "".join(part.text for part in texts if part.refusal) or finished.refusal
    text = "".join(part.text for part in texts if not part.refusal)
    thoughts = "".join(p.text for p in message.parts if isinstance(p, ReasoningPart))
    calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
    written: Json = {
        "role": "assistant",
        "content": text if text or not (calls or refusal) else None,
        "refusal": refusal or None,
        "annotations": _annotations(message),
    }
    if thoughts:
        written["reasoning_content"] = thoughts
    if calls:
        written["tool_calls"] = [_call(call) for call in calls]
    return written


def _annotations(message: ChatMessage) -> list[Json]:
    written: list[Json] = []
    at = 0
    for part in message.parts:
        if isinstance(part, TextPart) and not part.refusal:
            span = (at, at + len(part.text))
            pages = (written_page(citation, span) for citation in part.citations)
            written += [{"type": "url_citation", "url_citation": page} for page in pages if page]
            at = span[1]
    return written


def _call(call: ToolCallPart) -> Json:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": call.call_id, "type": "function", "function": function}


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
