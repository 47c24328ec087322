"""One response's calls through the proxy: its targets, its rounds, its memory.

The client between us and the tools speaks a wire that can't carry everything a vendor says:
signed thinking, above all. The exchange remembers each answer whole and puts it back where the
client returns it without. It lives as long as the response.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from vectal.ai.contracts import ChatMessage, Part, TextDelta, ToolCallPart, ToolResultPart
from vectal.ai.ports import ModelEvent, ModelFinished, ModelRequest, ProviderFault
from vectal.ai.proxy.record import CallRecord, Target
from vectal.platform.clock import monotonic


@dataclass(frozen=True, slots=True)
class ExchangeRules:
    """Bounds of one response. In the last round the model may call no tool any more."""

    deadline_s: float
    max_rounds: int
    max_output_tokens: int


class ModelStream(Protocol):
    """The proxy, or the proxy for somebody who pays."""

    def stream(
        self,
        targets: Sequence[Target],
        request: ModelRequest,
        deadline_s: float,
        record: CallRecord,
    ) -> AsyncGenerator[ModelEvent]: ...


class Exchange:
    """The calls of one response, one after the other."""

    def __init__(
        self,
        proxy: ModelStream,
        targets: Sequence[Target],
        rules: ExchangeRules,
        on_target: Callable[[CallRecord], None] | None = None,
    ) -> None:
        self._proxy = proxy
        self._targets = list(targets)
        self._rules = rules
        self._until = monotonic() + rules.deadline_s
        self._on_target = on_target
        self._answers: dict[str, ChatMessage] = {}
        self._failed_results: set[str] = set()
        self.records: list[CallRecord] = []
        self.fault: ProviderFault | None = None
        self._has_spoken = False

    @property
    def max_output_tokens(self) -> int:
        return self._rules.max_output_tokens

    @property
    def rounds(self) -> int:
        return len(self.records)

    @property
    def is_exhausted(self) -> bool:
        """The last round was used up: what more the model wanted, it may not."""
        return self.rounds >= self._rules.max_rounds

    @property
    def has_ended_well(self) -> bool:
        """The model said that it is done, even if with nothing to add."""
        last = self.records[-1] if self.records else None
        if last is None or last.status != "ok":
            return False
        return last.stop != "stop" or self._has_spoken

    def mark_failed(self, call_id: str) -> None:
        """The result of this call is an error; vendors that can be told so are told."""
        self._failed_results.add(call_id)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """The answer to the next request. Raises ProviderFault, and remembers it."""
        record = CallRecord()
        self.records.append(record)
        whole = replace(request, messages=tuple(map(self._restored, request.messages)))
        if self.is_exhausted and whole.tools:
            whole = replace(whole, tool_choice="none")
        left = self._until - monotonic()
        told = False
        try:
            stream = self._proxy.stream(self._targets, whole, left, record)
            async with aclosing(stream) as events:
                async for event in events:
                    if not told:
                        told = True
                        self._answering(record)
                    if isinstance(event, ModelFinished):
                        self._remember(event)
                    elif isinstance(event, TextDelta):
                        self._has_spoken = True
                    yield event
        except ProviderFault as fault:
            self.fault = fault
            raise

    def _answering(self, record: CallRecord) -> None:
        target = record.target
        if target is not None and target is not self._targets[0]:
            # Whoever answered goes on answering: its thinking is of use to itself only.
            self._targets.remove(target)
            self._targets.insert(0, target)
        if self._on_target is not None:
            self._on_target(record)

    def _remember(self, finished: ModelFinished) -> None:
        for part in finished.message.parts:
            if isinstance(part, ToolCallPart):
                self._answers[part.call_id] = finished.message

    def _restored(self, message: ChatMessage) -> ChatMessage:
        """The message as the vendor wrote it, when it is one of this exchange."""
        if message.role == "tool":
            return replace(message, parts=tuple(self._judged(p) for p in message.parts))
        calls = [part for part in message.parts if isinstance(part, ToolCallPart)]
        return self._answers.get(calls[0].call_id, message) if calls else message

    def _judged(self, part: Part) -> Part:
        if isinstance(part, ToolResultPart) and part.call_id in self._failed_results:
            return replace(part, ok=False)
        return part
