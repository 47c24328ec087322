"""How streams begin before they say anything: that there is an answer, and who gives it."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from vectal.platform.http.sse import SseEvent

_NAMES: Final = frozenset(
    ("response.created", "response.in_progress", "response.queued", "message_start", "ping")
)
"""Of the events of responses and of messages."""
_UNNAMED: Final = "message"
"""As all of chat completions are."""


class _Delta(msgspec.Struct):
    role: str | None = None
    content: Literal[""] | None = None
    reasoning_content: Literal[""] | None = None
    reasoning: Literal[""] | None = None
    refusal: None = None
    tool_calls: None = None


class _Choice(msgspec.Struct):
    delta: _Delta
    finish_reason: None = None


class _Chunk(msgspec.Struct):
    """Of chat completions. Azure's first one has no choice at all."""

    choices: list[_Choice]
    error: None = None


_CHUNK: Final = msgspec.json.Decoder(_Chunk)


def is_opening(event: SseEvent) -> bool:
    """Whether the event says nothing yet."""
    if event.event != _UNNAMED:
        return event.event in _NAMES
    try:
        _CHUNK.decode(event.data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True
