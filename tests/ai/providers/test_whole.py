"""Answers that came as one object read like their streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vectal.ai.contracts import ReasoningPart, TextPart, TokenUsage, ToolCallPart
from vectal.ai.ports import ModelFinished, ProviderFault, ProviderKind
from vectal.ai.providers.whole import events_of


def _end(kind: ProviderKind, answer: Any) -> ModelFinished:
    last = events_of(kind, json.dumps(answer).encode())[-1]
    assert isinstance(last, ModelFinished)
    return last


def test_a_completion_with_calls() -> None:
    calls = [
        {"id": f"c{n}", "type": "function", "function": {"name": "f", "arguments": f'{{"n":{n}}}'}}
        for n in range(2)
    ]
    message = {"role": "assistant", "content": "Two calls.", "tool_calls": calls}
    end = _end(
        "openai",
        {
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 7},
        },
    )
    assert (end.reason, end.usage) == ("tool_calls", TokenUsage(5, 7))
    assert end.message.parts == (
        TextPart("Two calls."),
        ToolCallPart("c0", "f", '{"n":0}'),
        ToolCallPart("c1", "f", '{"n":1}'),
    )


def test_a_message_with_thinking_and_a_call() -> None:
    end = _end(
        "anthropic",
        {
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                {"type": "text", "text": "Now."},
                {"type": "tool_use", "id": "t", "name": "f", "input": {"n": 1}},
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 2},
        },
    )
    assert (end.reason, end.usage) == ("tool_calls", TokenUsage(7, 7, 2))
    assert end.message.parts == (
        ReasoningPart("Hm.", "s", "anthropic"),
        TextPart("Now."),
        ToolCallPart("t", "f", '{"n":1}'),
    )


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}", b'{"choices":[7],"content":[7]}'])
def test_what_is_no_answer(kind: ProviderKind, body: bytes) -> None:
    with pytest.raises(ProviderFault):
        events_of(kind, body)
