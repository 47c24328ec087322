"""An answer on its way: written by a wire, read by the vendor's own client or by our adapters."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx2
from anthropic import Anthropic
from openai import OpenAI

from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import ModelEvent, ModelFinished
from vectal.ai.providers.driver import StreamDecoder
from vectal.ai.proxy.wires.port import AnswerEncoder, AnswerHead, WireName
from vectal.ai.proxy.wires.registry import wire
from vectal.platform.http.sse import SseEvent, SseParser

USAGE = TokenUsage(100, 20, 40, 10, 5)
HEAD = AnswerHead("abc", 1_790_000_000, "some-model")
BODIES: dict[WireName, dict[str, Any]] = {
    "chat_completions": {
        "messages": [{"role": "user", "content": "Hi"}],
        "stream_options": {"include_usage": True},
    },
    "messages": {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
    "responses": {"input": "Hi"},
}


def encoder(name: WireName, **members: Any) -> AnswerEncoder:
    body = {"model": "some-model", "stream": True, **BODIES[name], **members}
    made = wire(name)
    return made.encoder(made.read(json.dumps(body).encode(), 100), HEAD)


def streamed(
    name: WireName, events: Iterable[ModelEvent], finished: ModelFinished, **members: Any
) -> bytes:
    """The whole stream that a client of this wire gets."""
    writer = encoder(name, **members)
    opening = writer.begin()
    said = b"".join(writer.feed(event) for event in events)
    return opening + said + writer.end(finished, finished.usage or USAGE)


def parsed(stream: bytes) -> list[SseEvent]:
    return SseParser().feed(stream)


def decoded(stream: bytes, decoder: StreamDecoder) -> list[ModelEvent]:
    """What one of our adapters reads from a stream of its vendor."""
    events = [said for event in parsed(stream) for said in decoder.feed(event)]
    return [*events, *decoder.finish()]


def finished_of(events: list[ModelEvent]) -> ModelFinished:
    assert isinstance(events[-1], ModelFinished)
    return events[-1]


# --- the vendors' own clients -----------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """What a client of a vendor makes of an answer."""

    text: str
    refusal: str
    reasoning: str
    calls: list[tuple[str, str, Any]]
    reason: str | None
    input_tokens: int
    output_tokens: int


class _Server(httpx2.BaseTransport):
    """Answers whatever is asked with what was put there last."""

    def __init__(self) -> None:
        self.body = b""
        self.kind = "text/event-stream"

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        del request
        return httpx2.Response(200, headers={"content-type": self.kind}, content=self.body)


@functools.cache
def _server() -> _Server:
    return _Server()


@functools.cache
def _openai() -> OpenAI:
    http = httpx2.Client(transport=_server())
    return OpenAI(base_url="http://x.invalid/v1", api_key="x", max_retries=0, http_client=http)


@functools.cache
def _anthropic() -> Anthropic:
    http = httpx2.Client(transport=_server())
    return Anthropic(base_url="http://x.invalid", api_key="x", max_retries=0, http_client=http)


def heard(name: WireName, body: bytes, *, stream: bool) -> Heard:
    _server().body = body
    _server().kind = "text/event-stream" if stream else "application/json"
    readers = {"chat_completions": _chat, "messages": _message, "responses": _response}
    return readers[name](stream=stream)


def _chat(*, stream: bool) -> Heard:
    ask: Any = _openai().chat.completions
    asked: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    if stream:
        with ask.stream(**asked) as events:
            chunks = [event.chunk for event in events if event.type == "chunk"]
            # Its final completion would be an error after a length or a filter.
            answer = events.current_completion_snapshot
        deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
        reasoning = "".join(getattr(d, "reasoning_content", None) or "" for d in deltas)
    else:
        answer = ask.create(**asked)
        reasoning = getattr(answer.choices[0].message, "reasoning_content", "")
    choice = answer.choices[0]
    calls: list[Any] = choice.message.tool_calls or []
    return Heard(
        choice.message.content or "",
        choice.message.refusal or "",
        reasoning,
        [(c.id, c.function.name, json.loads(c.function.arguments)) for c in calls],
        choice.finish_reason,
        answer.usage.prompt_tokens,
        answer.usage.completion_tokens,
    )


def _message(*, stream: bool) -> Heard:
    ask: Any = _anthropic().messages
    asked: dict[str, Any] = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    if stream:
        with ask.stream(**asked) as events:
            answer = events.get_final_message()
    else:
        answer = ask.create(**asked)
    usage = answer.usage
    cached = usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    blocks = answer.content
    details = answer.stop_details
    return Heard(
        "".join(block.text for block in blocks if block.type == "text"),
        (details.explanation if details is not None else None) or "",
        "".join(block.thinking for block in blocks if block.type == "thinking"),
        [(block.id, block.name, block.input) for block in blocks if block.type == "tool_use"],
        answer.stop_reason,
        usage.input_tokens + cached,
        usage.output_tokens,
    )


def _response(*, stream: bool) -> Heard:
    ask: Any = _openai().responses
    if stream:
        with ask.stream(model="m", input="Hi") as events:
            last = [event for event in events][-1]  # noqa: C416  (the client's own iterator)
        answer = last.response
    else:
        answer = ask.create(model="m", input="Hi")
    messages = [item for item in answer.output if item.type == "message"]
    pieces = [piece for item in messages for piece in item.content]
    thoughts = [item for item in answer.output if item.type == "reasoning"]
    calls = [item for item in answer.output if item.type == "function_call"]
    details = answer.incomplete_details
    return Heard(
        "".join(piece.text for piece in pieces if piece.type == "output_text"),
        "".join(piece.refusal for piece in pieces if piece.type == "refusal"),
        "".join(part.text for item in thoughts for part in item.summary),
        [(c.call_id, c.name, json.loads(c.arguments)) for c in calls],
        answer.status if details is None else details.reason,
        answer.usage.input_tokens,
        answer.usage.output_tokens,
    )
