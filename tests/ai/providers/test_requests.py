"""What is written to vendors, judged by the types of their own clients."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import ConfigDict, TypeAdapter, with_config
from tests.ai.providers.rigs import ANTHROPIC, DEEPSEEK, OPENAI, TOOL, Rig, Text, a_request
from tests.ai.providers.scripted_egress import Playback

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.ports import CallLimits, Credentials, EgressRequest, ModelRequest, WireTraits

KEY = "sk-secret-0123456789"
HISTORY = (
    user_message("What is due?"),
    ChatMessage(
        "assistant",
        (
            ReasoningPart("I must look.", "sig", "anthropic"),
            ReasoningPart("", "sealed", "anthropic", redacted=True),
            ReasoningPart("Other thought.", None, "deepseek"),
            TextPart("Let me look."),
            ToolCallPart("c-1", "look", '{"q": "x"}'),
            ToolCallPart("c-2", "look", "{broken"),
        ),
    ),
    ChatMessage(
        "tool",
        (
            ToolResultPart("c-1", "look", "nothing"),
            ToolResultPart("c-2", "look", "Error: no JSON", ok=False),
        ),
    ),
    ChatMessage("user", (TextPart("And this?"), ImagePart("image/png", b"\x89PNG"))),
)
THINKING = WireTraits("optional", "disabled", images=True)


async def _sent(rig: Rig, **changes: Any) -> tuple[EgressRequest, dict[str, Any]]:
    adapter, egress = rig.make(Playback([rig.stream([Text("x")], "stop", None)]))
    request: ModelRequest = a_request(messages=HISTORY, traits=THINKING, **changes)
    stream = adapter.stream(Credentials("https://x.test/v1/", KEY), request, CallLimits(5))
    _ = [event async for event in stream]
    return egress.requests[0], json.loads(egress.requests[0].content)


# --- OpenAI -----------------------------------------------------------------------------------


async def test_openai_takes_what_we_write() -> None:
    call, body = await _sent(OPENAI)
    strict = with_config(ConfigDict(extra="forbid"))(CompletionCreateParamsStreaming)
    TypeAdapter(strict).validate_json(call.content)
    assert call.url == "https://x.test/v1/chat/completions"
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert body["stream_options"] == {"include_usage": True}
    assert body["max_completion_tokens"] == 500
    assert body["reasoning_effort"] == "low"
    assert [m["role"] for m in body["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
        "user",
    ]


async def test_openai_sees_calls_that_can_be_read() -> None:
    _, body = await _sent(OPENAI)
    calls = body["messages"][2]["tool_calls"]
    assert [c["function"]["arguments"] for c in calls] == ['{"q": "x"}', "{}"]
    assert "reasoning_content" not in body["messages"][2]


async def test_openai_gets_images_as_data() -> None:
    _, body = await _sent(OPENAI)
    assert body["messages"][-1]["content"][1] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,iVBORw=="},
    }


@pytest.mark.parametrize(
    ("reasoning", "effort", "sent"),
    [
        ("none", "high", None),
        ("optional", "off", "none"),
        ("optional", "high", "high"),
        ("always", "off", "low"),
    ],
)
async def test_openai_is_told_how_hard_to_think(reasoning: Any, effort: str, sent: object) -> None:
    adapter, egress = OPENAI.make(Playback([OPENAI.stream([Text("x")], "stop", None)]))
    request = a_request(effort=effort, traits=WireTraits(reasoning))
    _ = [e async for e in adapter.stream(Credentials("https://x.test"), request, CallLimits(5))]
    assert json.loads(egress.requests[0].content).get("reasoning_effort") == sent
    assert "authorization" not in egress.requests[0].headers


# --- DeepSeek ---------------------------------------------------------------------------------


async def test_deepseek_gets_its_reasoning_back_with_tool_calls() -> None:
    _, body = await _sent(DEEPSEEK)
    assert body["messages"][2]["reasoning_content"] == "Other thought."
    assert body["thinking"] == {"type": "enabled"}
    assert body["reasoning_effort"] == "low"
    assert body["max_tokens"] == 500


async def test_deepseek_gets_no_reasoning_while_it_does_not_think() -> None:
    _, body = await _sent(DEEPSEEK, effort="off")
    assert body["thinking"] == {"type": "disabled"}
    assert "reasoning_content" not in body["messages"][2]


async def test_deepseek_is_asked_for_json_in_its_own_way() -> None:
    _, body = await _sent(DEEPSEEK, response_schema={"type": "object"})
    assert body["response_format"] == {"type": "json_object"}


# --- Anthropic --------------------------------------------------------------------------------


async def test_anthropic_takes_what_we_write() -> None:
    call, body = await _sent(ANTHROPIC)
    strict = with_config(ConfigDict(extra="forbid"))(MessageCreateParamsStreaming)
    TypeAdapter(strict).validate_json(call.content)
    assert call.url == "https://x.test/v1/messages"
    assert call.headers["x-api-key"] == KEY
    assert call.headers["anthropic-version"] == "2026-10-21"
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert body["output_config"] == {"effort": "low"}
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user"]


async def test_anthropic_gets_its_signed_thinking_back_and_nobody_elses() -> None:
    _, body = await _sent(ANTHROPIC)
    blocks = body["messages"][1]["content"]
    assert [b["type"] for b in blocks] == [
        "thinking",
        "redacted_thinking",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert blocks[0] == {"type": "thinking", "thinking": "I must look.", "signature": "sig"}
    assert blocks[1] == {"type": "redacted_thinking", "data": "sealed"}
    assert [b["input"] for b in blocks[3:]] == [{"q": "x"}, {}]


async def test_anthropic_is_told_which_results_are_errors() -> None:
    _, body = await _sent(ANTHROPIC)
    results = body["messages"][2]["content"]
    assert [r.get("is_error") for r in results[:2]] == [None, True]
    assert [r["type"] for r in results] == ["tool_result", "tool_result", "text", "image"]


@pytest.mark.parametrize(
    ("traits", "effort", "thinking"),
    [
        (WireTraits("none"), "high", None),
        (WireTraits("optional", "omit"), "off", None),
        (WireTraits("optional", "disabled"), "off", {"type": "disabled"}),
        (WireTraits("optional", "between_tools"), "off", {"type": "between_tools"}),
        (WireTraits("always"), "off", {"type": "adaptive", "display": "summarized"}),
        (
            WireTraits("optional", reasoning_style="budget"),
            "low",
            {"type": "enabled", "budget_tokens": 2048},
        ),
    ],
)
async def test_anthropic_is_told_how_hard_to_think(
    traits: WireTraits, effort: str, thinking: object
) -> None:
    adapter, egress = ANTHROPIC.make(Playback([ANTHROPIC.stream([Text("x")], "stop", None)]))
    request = a_request(effort=effort, traits=traits, max_output_tokens=4_000)
    _ = [e async for e in adapter.stream(Credentials("https://x.test"), request, CallLimits(5))]
    assert json.loads(egress.requests[0].content).get("thinking") == thinking


async def test_anthropic_gets_no_blank_text() -> None:
    adapter, egress = ANTHROPIC.make(Playback([ANTHROPIC.stream([Text("x")], "stop", None)]))
    messages = (
        user_message("Hi"),
        ChatMessage("assistant", (TextPart(" \n"),)),
        user_message("And?"),
    )
    request = a_request(messages=messages)
    _ = [e async for e in adapter.stream(Credentials("https://x.test"), request, CallLimits(5))]
    body = json.loads(egress.requests[0].content)
    assert [m["role"] for m in body["messages"]] == ["user"]
    assert len(body["messages"][0]["content"]) == 2


@pytest.mark.parametrize(("choice", "sent"), [("none", "none"), ("required", "any")])
async def test_a_tool_choice_is_written_in_its_words(choice: str, sent: str) -> None:
    _, body = await _sent(ANTHROPIC, tool_choice=choice)
    assert body["tool_choice"] == {"type": sent}
    _, body = await _sent(OPENAI, tool_choice=choice)
    assert body["tool_choice"] == choice


async def test_without_tools_none_are_mentioned() -> None:
    for rig in (OPENAI, ANTHROPIC):
        _, body = await _sent(rig, tools=(), tool_choice="none")
        assert "tools" not in body
        assert "tool_choice" not in body
    assert TOOL.name == "look"
