"""The stream of `/chat/completions`, decoded into canonical events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from vectal.ai.contracts import ReasoningDelta, TextDelta, TokenUsage
from vectal.ai.ports import ModelEvent, ModelFinished, ProviderFault, StopReason
from vectal.ai.providers.answer import Answer
from vectal.ai.providers.chat_completions.annotations import read_annotation
from vectal.ai.providers.chat_completions.dialect import Dialect
from vectal.ai.providers.faults import fault_from_event
from vectal.ai.providers.thinking_tags import ThinkingSplitter
from vectal.ai.providers.untrusted import MAX_TOKENS, as_count, as_list, as_object
from vectal.platform.http.sse import SseEvent

_DONE: Final = "[DONE]"
_REASONS: Final[dict[str, StopReason]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    annotations: Any = None


class _Choice(msgspec.Struct):
    index: int | None = None
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | str | None = None


_CHUNK: Final = msgspec.json.Decoder(_Chunk)


class _PlainDelta(msgspec.Struct):
    content: str
    role: str | None = None
    reasoning_content: None = None
    reasoning: None = None
    refusal: None = None
    tool_calls: None = None
    annotations: None = None


class _PlainChoice(msgspec.Struct):
    delta: _PlainDelta
    index: int | None = None
    finish_reason: str | None = None


class _PlainChunk(msgspec.Struct):
    choices: list[_PlainChoice]
    usage: Any = None
    error: Any = None


_TEXT: Final = msgspec.json.Decoder(_PlainChunk)
"""What most chunks are; all others are no such thing."""


class ChatCompletionsDecoder:
    """Events of one stream in, canonical events out; `keeps` is the answer's.

    `names` are those of tools, by what stood for them in the request.
    """

    def __init__(
        self,
        dialect: Dialect,
        secret: str = "",
        *,
        keeps: bool = True,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._names = names
        self._secret = secret
        self._answer = Answer(dialect.kind, keeps=keeps)
        self._thinking = ThinkingSplitter() if dialect.inline_thinking and keeps else None
        self._reason: StopReason | None = None
        self._refused = False
        self._usage: TokenUsage | None = None
        self._last_tool: int | str | None = None
        self.ended = False
        """The stream said that nothing follows."""

    @property
    def complete(self) -> bool:
        """The answer is whole; at most its usage is still to come."""
        return self._reason is not None or self.ended

    def feed(self, event: SseEvent) -> Iterator[ModelEvent]:
        data = event.data.strip()
        if self.ended or not data:
            return
        if data == _DONE:
            self.ended = True
            return
        try:
            chunk = _CHUNK.decode(data)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProviderFault("garbage", "The provider sent a chunk that is no JSON.") from error
        if chunk.error:
            raise fault_from_event(chunk.error, secret=self._secret)
        if chunk.usage is not None:
            self._usage = read_usage(chunk.usage)
        for choice in chunk.choices or ():
            if not choice.index:
                yield from self._take(choice)

    def count_text(self, event: SseEvent) -> int | None:
        """Take an event that holds nothing but text: its characters. None: `feed` it instead."""
        if self._thinking is not None or self._reason is not None or self.ended:
            return None
        try:
            chunk = _TEXT.decode(event.data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        if chunk.usage is not None or chunk.error or len(chunk.choices) != 1:
            return None
        choice = chunk.choices[0]
        text = choice.delta.content
        if choice.index or choice.finish_reason or not text:
            return None
        self._answer.add_text(text)
        return len(text)

    def told(self) -> TokenUsage | None:
        """What the vendor has counted so far."""
        return self._usage

    def finish(self) -> Iterator[ModelEvent]:
        """The last events, or a fault when the stream ended too early."""
        if self._thinking is not None:
            yield from self._split(self._thinking.flush())
        yield self._finished()

    def _finished(self) -> ModelFinished:
        reason = self._reason
        if reason is None:
            if not self.ended:
                raise ProviderFault("cut", "The stream of the provider broke off.")
            if self._answer.is_empty:
                raise ProviderFault("garbage", "The provider ended the stream without an answer.")
            reason = "stop"
        return self._answer.finish("refusal" if self._refused else reason, self._usage)

    def _take(self, choice: _Choice) -> Iterator[ModelEvent]:
        delta = choice.delta
        if self._reason is None and delta is not None:
            reasoning = delta.reasoning_content or delta.reasoning
            if reasoning:
                yield self._answer.add_reasoning(reasoning)
            yield from self._text(_plain(delta.content))
            if delta.refusal:
                self._refused = True
                yield self._answer.add_text(delta.refusal, refusal=True)
            yield from self._cited(delta)
            for position, call in enumerate(delta.tool_calls or ()):
                yield from self._call(call, position)
        if choice.finish_reason and self._reason is None:
            if choice.finish_reason == "insufficient_system_resource":
                raise ProviderFault("overloaded", "The provider ran out of capacity.")
            self._reason = _REASONS.get(choice.finish_reason, "stop")

    def _cited(self, delta: _Delta) -> Iterator[ModelEvent]:
        for annotation in as_list(delta.annotations) or ():
            citation = read_annotation(annotation)
            event = self._answer.cite(citation) if citation is not None else None
            if event is not None:
                yield event

    def _text(self, text: str) -> Iterator[ModelEvent]:
        if not text:
            return
        if self._thinking is None:
            yield self._answer.add_text(text)
        else:
            yield from self._split(self._thinking.feed(text))

    def _split(self, pieces: list[tuple[bool, str]]) -> Iterator[TextDelta | ReasoningDelta]:
        for is_thinking, text in pieces:
            yield self._answer.add_reasoning(text) if is_thinking else self._answer.add_text(text)

    def _call(self, call: _ToolCall, position: int) -> Iterator[ModelEvent]:
        function = call.function or _Function()
        key = self._key(call, position)
        if not self._answer.knows_tool(key):
            name = function.name or ""
            yield self._answer.begin_tool(key, call.id or "", self._names.get(name, name))
        self._last_tool = key
        if function.arguments:
            yield self._answer.add_arguments(key, function.arguments)

    def _key(self, call: _ToolCall, position: int) -> int | str:
        if call.index is not None:
            return call.index
        if call.id:
            return call.id
        return self._last_tool if self._last_tool is not None else position


_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=MAX_TOKENS)]


class _Details(msgspec.Struct):
    cached_tokens: _Count = 0
    cache_write_tokens: _Count = 0
    reasoning_tokens: _Count = 0


class _Counts(msgspec.Struct):
    prompt_tokens: _Count
    completion_tokens: _Count
    prompt_cache_hit_tokens: _Count = 0
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None


class _Answered(msgspec.Struct):
    usage: _Counts


_ANSWERED: Final = msgspec.json.Decoder(_Answered)


def plain_counts(answer: bytes) -> TokenUsage | None:
    """The counts of an answer that has them as they should be; None for `read_usage` to look."""
    try:
        usage = _ANSWERED.decode(answer).usage
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    cached = (0 if prompt is None else prompt.cached_tokens) or usage.prompt_cache_hit_tokens
    return TokenUsage(
        usage.prompt_tokens,
        usage.completion_tokens,
        cached,
        0 if prompt is None else prompt.cache_write_tokens,
        0 if completion is None else completion.reasoning_tokens,
    )


def read_usage(usage: dict[str, Any]) -> TokenUsage | None:
    """Counts of a usage object; None when it holds no counts at all."""
    if "prompt_tokens" not in usage and "completion_tokens" not in usage:
        return None
    prompt = as_object(usage.get("prompt_tokens_details"))
    completion = as_object(usage.get("completion_tokens_details"))
    # DeepSeek tells hits of its cache by a name of its own.
    cached = as_count(prompt.get("cached_tokens")) or as_count(usage.get("prompt_cache_hit_tokens"))
    return TokenUsage(
        input_tokens=as_count(usage.get("prompt_tokens")),
        output_tokens=as_count(usage.get("completion_tokens")),
        cache_read_tokens=cached,
        cache_write_tokens=as_count(prompt.get("cache_write_tokens")),
        reasoning_tokens=as_count(completion.get("reasoning_tokens")),
    )


def _plain(content: str | list[dict[str, Any]] | None) -> str:
    if isinstance(content, list):
        texts = [part.get("text") for part in content if part.get("type") == "text"]
        return "".join(text for text in texts if isinstance(text, str))
    return content or ""
