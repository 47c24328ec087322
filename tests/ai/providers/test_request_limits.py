"""What a vendor refuses that another takes, and how it is sent all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.ai.providers.rigs import (
    ANTHROPIC,
    COMPATIBLE,
    DEEPSEEK,
    OPENAI,
    TOOL,
    Call,
    Rig,
    Text,
    a_request,
)
from tests.ai.providers.scripted_egress import Playback

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.contracts_documents import FilePart
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    ModelFinished,
    NamedTool,
    ToolCallStarted,
    ToolSpec,
    WireTraits,
)

SEES = WireTraits(images=True)
OPEN: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
BOUND: dict[str, Any] = {**OPEN, "properties": {"a": {"type": "integer", "minimum": 1}}}
MAP: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}
LONG = "mcp__" + "a" * 80
OTHER = LONG[:-1] + "b"


async def _sent(rig: Rig, **changes: Any) -> dict[str, Any]:
    adapter, egress = rig.make(Playback([rig.stream([Text("x")], "stop", None)]))
    stream = adapter.stream(Credentials("https://x.test"), a_request(**changes), CallLimits(5))
    _ = [event async for event in stream]
    return json.loads(egress.requests[0].content)


@pytest.mark.parametrize(
    ("start", "called", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n..", "image/jpeg", "image/png"),
        (b"\xff\xd8\xff\xe0..", "image/jpg", "image/jpeg"),
        (b"GIF89a", "image/png", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/png", "image/webp"),
        (b"who knows", "image/jpg", "image/jpeg"),
        (b"who knows", "image/png", "image/png"),
    ],
)
async def test_anthropic_is_told_what_a_picture_is(start: bytes, called: str, kind: str) -> None:
    picture = ChatMessage("user", (ImagePart(called, start),))
    body = await _sent(ANTHROPIC, messages=(picture,), traits=SEES)
    assert body["messages"][0]["content"][0]["source"]["media_type"] == kind
    body = await _sent(OPENAI, messages=(picture,), traits=SEES)
    assert body["messages"][1]["content"][0]["image_url"]["url"].startswith(f"data:{called};")


async def test_a_prompt_alone_is_said_by_somebody() -> None:
    body = await _sent(ANTHROPIC, messages=(), cache=None)
    assert "system" not in body
    said = [{"type": "text", "text": "Be brief."}]
    assert body["messages"] == [{"role": "user", "content": said}]
    assert [m["role"] for m in (await _sent(OPENAI, messages=()))["messages"]] == ["system"]


async def test_a_schema_is_one_that_anthropic_takes_or_words() -> None:
    body = await _sent(ANTHROPIC, response_schema=BOUND)
    schema = body["output_config"]["format"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["a"] == {"type": "integer", "description": '{"minimum":1}'}
    body = await _sent(ANTHROPIC, response_schema=MAP)
    assert "format" not in body["output_config"]
    assert json.dumps(MAP, separators=(",", ":")) in body["system"][-1]["text"]


async def test_a_strict_tool_is_one_that_its_vendor_keeps_to() -> None:
    def strict(schema: dict[str, Any]) -> dict[str, Any]:
        return {"tools": (replace(TOOL, strict=True, parameters=schema),)}

    (tool,) = (await _sent(ANTHROPIC, **strict(BOUND)))["tools"]
    assert (tool["strict"], tool["input_schema"]["additionalProperties"]) == (True, False)
    (tool,) = (await _sent(ANTHROPIC, **strict(MAP)))["tools"]
    assert (tool["strict"], tool["input_schema"]) == (False, MAP)
    (tool,) = (await _sent(OPENAI, **strict(OPEN)))["tools"]
    assert (tool["function"]["strict"], tool["function"]["parameters"]) == (False, OPEN)
    (tool,) = (await _sent(COMPATIBLE, **strict(OPEN)))["tools"]
    assert tool["function"]["strict"] is True


async def test_a_tool_without_parameters_has_none() -> None:
    (tool,) = (await _sent(OPENAI, tools=(ToolSpec("now", "", {}),)))["tools"]
    assert tool["function"] == {"name": "now"}
    (tool,) = (await _sent(OPENAI, tools=(ToolSpec("now", "", {"type": "object"}),)))["tools"]
    assert tool["function"]["parameters"] == {"type": "object", "properties": {}}


async def test_a_file_keeps_what_is_said_of_it() -> None:
    paper = FilePart("application/pdf", b"%PDF", name="Accounts", about="Of last year.")
    body = await _sent(OPENAI, messages=(ChatMessage("user", (paper,)),))
    about, file = body["messages"][1]["content"]
    assert about == {"type": "text", "text": "Of last year."}
    assert file["file"]["filename"] == "Accounts"


@pytest.mark.parametrize("rig", [OPENAI, DEEPSEEK])
async def test_long_names_of_tools_are_shorter_on_their_way(rig: Rig) -> None:
    loop = (
        user_message("Look"),
        ChatMessage("assistant", (ToolCallPart("c", LONG, "{}"),)),
        ChatMessage("tool", (ToolResultPart("c", LONG, "ok"),)),
    )
    asked: dict[str, Any] = {
        "tools": (ToolSpec(LONG, "", OPEN), ToolSpec(OTHER, "", OPEN), TOOL),
        "tool_choice": NamedTool(OTHER),
        "messages": loop,
        "traits": WireTraits(),
    }
    body = await _sent(rig, **asked)
    names = [tool["function"]["name"] for tool in body["tools"]]
    assert len(set(names)) == 3
    assert [len(name) for name in names] == [64, 64, 4]
    assert body["tool_choice"]["function"]["name"] == names[1]
    assert body["messages"][2]["tool_calls"][0]["function"]["name"] == names[0]

    called = rig.stream([Call("d", names[0], ("{}",))], "tool_calls", None)
    adapter, _ = rig.make(Playback([called]))
    stream = adapter.stream(Credentials("https://x.test"), a_request(**asked), CallLimits(5))
    events = [event async for event in stream]
    assert [each.name for each in events if isinstance(each, ToolCallStarted)] == [LONG]
    finished = events[-1]
    assert isinstance(finished, ModelFinished)
    assert [p.name for p in finished.message.parts if isinstance(p, ToolCallPart)] == [LONG]


async def test_others_get_names_as_they_are() -> None:
    tools = (ToolSpec(LONG, "", OPEN),)
    assert (await _sent(ANTHROPIC, tools=tools))["tools"][0]["name"] == LONG
    assert (await _sent(COMPATIBLE, tools=tools))["tools"][0]["function"]["name"] == LONG
