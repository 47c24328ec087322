"""A whole answer as the events that would have led to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from vectal.ai.contracts import ChatMessage, ReasoningDelta, ReasoningPart, TextDelta, TextPart
from vectal.ai.contracts import ToolCallPart as Call
from vectal.ai.ports import (
    CitationDelta,
    ModelEvent,
    ProviderKind,
    ReasoningSigned,
    ToolArgumentsDelta,
    ToolCallStarted,
)


def replayed(message: ChatMessage) -> Iterator[ModelEvent]:
    """Every part of the message, from its beginning to its end."""
    calls = 0
    for part in message.parts:
        if isinstance(part, TextPart):
            yield TextDelta(part.text, part.refusal, opens=True)
            yield from map(CitationDelta, part.citations)
        elif isinstance(part, ReasoningPart):
            yield from _thought(part)
        elif isinstance(part, Call):
            yield ToolCallStarted(calls, part.call_id, part.name)
            yield ToolArgumentsDelta(calls, part.arguments)
            calls += 1


def _thought(part: ReasoningPart) -> Iterator[ModelEvent]:
    if part.text:
        yield ReasoningDelta(part.text)
    if part.signature is not None and part.provider is not None:
        provider = cast("ProviderKind", part.provider)
        yield ReasoningSigned(part.signature, provider, part.redacted)
