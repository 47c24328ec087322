"""The Simulator gives the form that a request insists on, or says that it can't."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from vectal.ai.contracts import (
    ChatMessage,
    TextDelta,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.ports import (
    CallLimits,
    Credentials,
    ModelFinished,
    ModelRequest,
    NamedTool,
    ToolSpec,
)
from vectal.ai.providers.simulated.adapter import PLAIN, THINKING, SimulatorAdapter

Json = dict[str, Any]
LIMITS = CallLimits(deadline_s=20, first_word_s=1, idle_s=1)
TEXT: Json = {"type": "string"}
NEVER: Json = {"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"]}
EVENT: Json = {
    "type": "object",
    "properties": {
        "title": TEXT,
        "day": {"type": "string", "format": "date"},
        "guests": {"type": "array", "items": TEXT, "minItems": 2},
        "kind": {"enum": ["party", "meeting"]},
    },
    "required": ["title", "day", "guests"],
    "additionalProperties": False,
}
WEATHER = ToolSpec("get_weather", "", {"properties": {"city": TEXT}, "required": ["city"]})
CREATE = ToolSpec("create_task", "", {"type": "object", "properties": {"title": TEXT}})
SNAG = ToolSpec("snag", "", NEVER)
TOOLS = (WEATHER, CREATE, SNAG)


def _request(text: str = "Hello there", **more: Any) -> ModelRequest:
    return ModelRequest(PLAIN, "", (user_message(text),), 4_000, **more)


async def _answer(request: ModelRequest) -> ModelFinished:
    stream = SimulatorAdapter(0.0).stream(Credentials(""), request, LIMITS)
    events = [event async for event in stream]
    finished = events[-1]
    assert isinstance(finished, ModelFinished)
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert said == finished.message.text
    return finished


async def _call(request: ModelRequest) -> tuple[str, Json]:
    finished = await _answer(request)
    assert finished.reason == "tool_calls"
    (call,) = (part for part in finished.message.parts if isinstance(part, ToolCallPart))
    return call.name, json.loads(call.arguments)


async def test_a_schema_is_kept_to() -> None:
    finished = await _answer(_request(response_schema=EVENT))
    assert finished.reason == "stop"
    assert json.loads(finished.message.text) == {
        "title": "Simulated title",
        "day": "2026-01-01",
        "guests": ["Simulated guests", "Simulated guests 2"],
    }


async def test_a_strict_schema_gets_all_that_it_names() -> None:
    finished = await _answer(_request(response_schema=EVENT, schema_strict=True))
    assert json.loads(finished.message.text)["kind"] == "party"


async def test_thinking_says_what_it_makes_up() -> None:
    request = replace(_request(response_schema=EVENT), model=THINKING)
    kinds = [type(part).__name__ for part in (await _answer(request)).message.parts]
    assert kinds == ["ReasoningPart", "TextPart"]


@pytest.mark.parametrize("asked", [{"json_mode": True}, {"response_schema": {}}])
async def test_any_object_will_do(asked: Json) -> None:
    finished = await _answer(_request(**asked))
    assert json.loads(finished.message.text)["simulated"] is True


async def test_a_schema_without_an_instance_is_refused_in_words() -> None:
    finished = await _answer(_request(response_schema=NEVER))
    (part,) = finished.message.parts
    assert isinstance(part, TextPart)
    assert (finished.reason, part.refusal) == ("refusal", True)
    assert "no AI model behind me" in part.text
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(part.text)


async def test_the_first_tool_is_called_where_one_is_required() -> None:
    request = _request(tools=TOOLS, tool_choice="required")
    assert await _call(request) == ("get_weather", {"city": "Simulated city"})


async def test_the_tool_that_is_named_is_called() -> None:
    request = _request("What's the weather?", tools=TOOLS, tool_choice=NamedTool("create_task"))
    name, arguments = await _call(request)
    assert name == "create_task"
    assert jsonschema_rs.is_valid(dict(CREATE.parameters), arguments)


@pytest.mark.parametrize("choice", ["required", NamedTool("create_task"), "auto"])
async def test_what_the_words_ask_for_is_called_where_it_may(choice: Any) -> None:
    request = _request("Please add a task to call Ada", tools=TOOLS, tool_choice=choice)
    assert await _call(request) == ("create_task", {"title": "Call Ada"})


async def test_another_tool_is_not_called_than_the_one_that_is_named() -> None:
    choice = NamedTool("get_weather")
    request = _request("Please add a task to call Ada", tools=TOOLS, tool_choice=choice)
    assert (await _call(request))[0] == "get_weather"


async def test_words_lead_to_no_arguments_that_the_tool_does_not_take() -> None:
    title: Any = {"type": "string", "format": "email"}
    tool = ToolSpec("create_task", "", {"properties": {"title": title}, "required": ["title"]})
    request = _request("Please add a task to call Ada", tools=(tool,), tool_choice="required")
    assert await _call(request) == ("create_task", {"title": "simulated@example.com"})


async def test_a_tool_without_valid_arguments_is_not_called() -> None:
    finished = await _answer(_request(tools=TOOLS, tool_choice=NamedTool("snag")))
    assert finished.reason == "stop"
    assert "`snag`" in finished.message.text
    assert "I call nothing" in finished.message.text


async def test_no_tool_is_called_where_none_may_be() -> None:
    request = _request("Please add a task to call Ada", tools=TOOLS, tool_choice="none")
    finished = await _answer(request)
    assert finished.reason == "stop"
    assert "no tools" in finished.message.text


@pytest.mark.parametrize("schema", [None, EVENT])
async def test_a_result_is_answered_in_text(schema: Json | None) -> None:
    request = _request(
        tools=TOOLS, tool_choice="required", response_schema=schema, schema_strict=True
    )
    call = ToolCallPart("c1", "get_weather", '{"city": "Simulated city"}')
    result = ToolResultPart("c1", "get_weather", "Sunny")
    history = (
        *request.messages,
        ChatMessage("assistant", (call,)),
        ChatMessage("tool", (result,)),
    )
    finished = await _answer(replace(request, messages=history))
    assert finished.reason == "stop"
    assert finished.message.text
    if schema is not None:
        assert jsonschema_rs.is_valid(schema, json.loads(finished.message.text))
