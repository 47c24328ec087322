"""The stream of `/v1/messages`, decoded into canonical events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from vectal.ai.contracts import TokenUsage
from vectal.ai.contracts_documents import Citation
from vectal.ai.ports import ModelEvent, ProviderFault, StopReason
from vectal.ai.providers.answer import Answer
from vectal.ai.providers.faults import fault_from_event
from vectal.ai.providers.messages.citations import read_citation
from vectal.ai.providers.messages.usage import COUNTS, read_counts, with_uses
from vectal.ai.providers.untrusted import as_object, as_text
from vectal.platform.http.sse import SseEvent

_REASONS: Final[dict[str, StopReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}


class _Block(msgspec.Struct):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None
    citations: list[Any] | None = None


class _Delta(msgspec.Struct):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: dict[str, Any] | None = None
    citation: dict[str, Any] | None = None


class _Message(msgspec.Struct):
    usage: dict[str, Any] | None = None


class _Event(msgspec.Struct):
    type: str = ""
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | str | None = None


_EVENT: Final = msgspec.json.Decoder(_Event)


class MessagesDecoder:
    """Events of one stream in, canonical events out; `keeps` is the answer's."""

    def __init__(self, secret: str = "", *, keeps: bool = True) -> None:
        self._secret = secret
        self._answer = Answer("anthropic", keeps=keeps)
        self._blocks: dict[int, _Block] = {}
        self._opens = False
        self._sources: list[Citation] = []
        self._reason: StopReason | None = None
        self._stop_sequence: str | None = None
        self._refusal: str | None = None
        self._counts: dict[str, Any] = {}
        self._uses: list[str] = []
        self.ended = False
        """The stream said that nothing follows."""

    @property
    def complete(self) -> bool:
        """The answer is whole; only the formal end is still to come."""
        return self._reason is not None or self.ended

    def feed(self, event: SseEvent) -> Iterator[ModelEvent]:
        if self.ended or not event.data.strip():
            return
        try:
            decoded = _EVENT.decode(event.data)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProviderFault("garbage", "The provider sent an event that is no JSON.") from error
        match decoded.type or event.event:
            case "message_start":
                self._count(decoded.message.usage if decoded.message else None)
            case "content_block_start":
                yield from self._start(decoded.index, decoded.content_block or _Block())
            case "content_block_delta":
                yield from self._extend(decoded.index, decoded.delta or _Delta())
            case "content_block_stop":
                yield from self._stop(decoded.index)
            case "message_delta":
                self._count(decoded.usage)
                self._end(decoded.delta or _Delta())
            case "message_stop":
                self.ended = True
            case "error":
                raise fault_from_event(decoded.error or "unknown", secret=self._secret)
            case _:
                pass  # ping, and whatever the vendor adds later

    def count_text(self, event: SseEvent) -> int | None:
        """Nothing is taken ahead: `feed` it."""
        del event
        return None

    def told(self) -> TokenUsage | None:
        """What the vendor has counted so far: of the input, before it says anything.

        Tools that it has run since, of which it tells at the end, are counted by what was seen.
        """
        usage = self._usage()
        return usage if self.complete or not self._uses else with_uses(usage, self._uses)

    def finish(self) -> Iterator[ModelEvent]:
        """The last event, or a fault when the stream ended too early."""
        if self._reason is None:
            if not self.ended:
                raise ProviderFault("cut", "The stream of the provider broke off.")
            if self._answer.is_empty:
                raise ProviderFault("garbage", "The provider ended the stream without an answer.")
        reason = self._reason or "stop"
        yield self._answer.finish(reason, self._usage(), self._stop_sequence, self._refusal)

    def _start(self, index: int, block: _Block) -> Iterator[ModelEvent]:
        self._blocks[index] = block
        if block.type == "text":
            self._opens = True
            self._note_sources(*(block.citations or ()))
            yield from self._text(block.text or "")
        elif block.type == "thinking":
            self._answer.begin_reasoning()
            if block.thinking:
                yield self._answer.add_reasoning(block.thinking)
            if block.signature:
                self._answer.sign_reasoning(block.signature)
        elif block.type == "redacted_thinking" and block.data:
            yield self._answer.add_redacted(block.data)
        elif block.type == "server_tool_use":
            self._uses.append(block.name or "")
        elif block.type == "tool_use" and not self._answer.knows_tool(index):
            yield self._answer.begin_tool(index, block.id or "", block.name or "")

    def _extend(self, index: int, delta: _Delta) -> Iterator[ModelEvent]:
        if self._reason is not None:
            return
        if delta.type == "text_delta":
            yield from self._text(delta.text or "")
        elif delta.type == "citations_delta":
            self._note_sources(delta.citation)
        elif delta.type == "thinking_delta" and delta.thinking:
            yield self._answer.add_reasoning(delta.thinking)
        elif delta.type == "signature_delta" and delta.signature:
            self._answer.sign_reasoning(delta.signature)
        elif delta.type == "input_json_delta" and delta.partial_json:
            if not self._answer.knows_tool(index):
                raise ProviderFault("garbage", "The provider sent arguments without a tool call.")
            yield self._answer.add_arguments(index, delta.partial_json)

    def _text(self, text: str) -> Iterator[ModelEvent]:
        if text:
            opens, self._opens = self._opens, False
            yield self._answer.add_text(text, opens=opens)

    def _note_sources(self, *sources: object) -> None:
        """Keep sources until their block is whole: some come before its text."""
        citations = map(read_citation, sources)
        self._sources += [citation for citation in citations if citation is not None]

    def _stop(self, index: int) -> Iterator[ModelEvent]:
        block = self._blocks.pop(index, None) or _Block()
        if block.type == "text":
            yield from self._cited()
        elif block.type == "thinking":
            signed = self._answer.close_reasoning()
            if signed is not None:
                yield signed
        elif block.type == "tool_use" and not self._answer.has_arguments(index):
            # Some servers send the whole input with the start and no deltas.
            whole = as_object(block.input)
            if whole:
                yield self._answer.add_arguments(index, msgspec.json.encode(whole).decode())

    def _cited(self) -> Iterator[ModelEvent]:
        sources, self._sources = self._sources, []
        if self._opens:
            return  # the block had no text to be cited for
        for citation in sources:
            event = self._answer.cite(citation)
            if event is not None:
                yield event

    def _end(self, delta: _Delta) -> None:
        if delta.stop_reason and self._reason is None:
            self._reason = _REASONS.get(delta.stop_reason, "stop")
            self._stop_sequence = delta.stop_sequence
            self._refusal = as_text(as_object(delta.stop_details).get("explanation"))

    def _count(self, usage: dict[str, Any] | None) -> None:
        """Counts are cumulative: the newest that is given stands."""
        for name, value in (usage or {}).items():
            if isinstance(value, int) or (value is not None and name not in COUNTS):
                self._counts[name] = value

    def _usage(self) -> TokenUsage | None:
        return read_counts(self._counts)
