"""What a stream begins with says nothing yet, and is kept back until it does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.ai.providers.scripted_egress import Playback, ScriptedEgress

from vectal.ai.ports import CallLimits, Credentials, ProviderFault, ProviderKind
from vectal.ai.providers.openings import is_opening
from vectal.ai.providers.raw import Heard, RawCall, RawWire, forward
from vectal.platform.http.sse import SseEvent

LIMITS = CallLimits(deadline_s=60, first_word_s=60, idle_s=60)
CREDENTIALS = Credentials("http://here.test/v1", "key")


def chat(delta: dict[str, Any], **more: Any) -> SseEvent:
    choice = {"index": 0, "delta": delta, "finish_reason": None, **more}
    return SseEvent("message", json.dumps({"id": "x", "choices": [choice], "usage": None}))


@pytest.mark.parametrize(
    "event",
    [
        SseEvent("message_start", "{}"),
        SseEvent("ping", "{}"),
        SseEvent("response.created", "{}"),
        SseEvent("response.in_progress", "{}"),
        chat({"role": "assistant"}),
        chat({"role": "assistant", "content": "", "refusal": None}),
        chat({"role": "assistant", "content": None, "reasoning_content": ""}),
        SseEvent("message", '{"choices": [], "prompt_filter_results": []}'),
    ],
)
def test_it_says_nothing(event: SseEvent) -> None:
    assert is_opening(event)


@pytest.mark.parametrize(
    "event",
    [
        SseEvent("content_block_start", "{}"),
        SseEvent("response.output_item.added", "{}"),
        SseEvent("response.completed", "{}"),
        SseEvent("error", "{}"),
        chat({"content": "Hi"}),
        chat({"role": "assistant", "content": " "}),
        chat({"tool_calls": [{"index": 0}]}),
        chat({"reasoning": "Hm"}),
        chat({}, finish_reason="stop"),
        SseEvent("message", '{"choices": [], "error": {"message": "x"}}'),
        SseEvent("message", "[DONE]"),
        SseEvent("message", '{"type": "response.created"}'),
        SseEvent("message", "<html>"),
    ],
)
def test_it_says_something(event: SseEvent) -> None:
    assert not is_opening(event)


def _written(event: SseEvent) -> bytes:
    name = "" if event.event == "message" else f"event: {event.event}\n"
    return f"{name}data: {event.data}\n\n".encode()


BEGUN = SseEvent("response.created", '{"type":"response.created","sequence_number":0}')
WORD = SseEvent(
    "response.output_text.delta",
    '{"type":"response.output_text.delta","sequence_number":1,"delta":"Hi"}',
)
START = SseEvent("message_start", '{"type":"message_start","message":{"usage":{"input_tokens":3}}}')
BLOCK = SseEvent(
    "content_block_start",
    '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
)
ROLE = chat({"role": "assistant", "content": ""})
WAYS: list[tuple[ProviderKind, RawWire, SseEvent, SseEvent]] = [
    ("openai", "responses", BEGUN, WORD),
    ("openai", "chat_completions", ROLE, chat({"content": "Hi"})),
    ("anthropic", "messages", START, BLOCK),
]


@pytest.mark.parametrize("way", WAYS, ids=[way[1] for way in WAYS])
@pytest.mark.parametrize("cut", [1, 7, None])
async def test_it_comes_with_what_follows(
    way: tuple[ProviderKind, RawWire, SseEvent, SseEvent], cut: int | None
) -> None:
    """However the bytes are cut, they are all there, in their order."""
    kind, wire, opening, word = way
    whole = _written(opening) + _written(word)
    size = cut or len(_written(opening))
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    call = RawCall(wire, b"{}", stream=True)
    stream = forward(ScriptedEgress(Playback(pieces)), kind, CREDENTIALS, call, LIMITS, Heard())
    first = await stream.receive()
    assert isinstance(first, bytes)
    assert first.startswith(_written(opening))
    assert whole.startswith(first)
    await stream.close()


@pytest.mark.parametrize("way", WAYS, ids=[way[1] for way in WAYS])
async def test_who_fails_behind_it_has_not_begun(
    way: tuple[ProviderKind, RawWire, SseEvent, SseEvent],
) -> None:
    kind, wire, opening, _ = way
    call = RawCall(wire, b"{}", stream=True)
    egress = ScriptedEgress(Playback([_written(opening)]))
    stream = forward(egress, kind, CREDENTIALS, call, LIMITS, Heard())
    with pytest.raises(ProviderFault, match="broke off"):
        await stream.receive()
    await stream.close()
