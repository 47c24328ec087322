"""Tools of `/v1/responses` that are no plain functions, for models that know nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter
from tests.ai.wires.answering import BODIES, encoder, parsed, streamed
from tests.ai.wires.strategies import texts

from vectal.ai.contracts import ChatMessage, TokenUsage, ToolCallPart, ToolResultPart
from vectal.ai.ports import ModelEvent, ModelFinished, NamedTool, ToolArgumentsDelta
from vectal.ai.ports import ToolCallStarted as Started
from vectal.ai.proxy.wires.port import BadCallError, ClientCall
from vectal.ai.proxy.wires.registry import wire

Json = dict[str, Any]

TAKEN: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsStreaming)
EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
LOOK: Json = {"type": "function", "name": "look", "parameters": {}, "strict": None}
PATCH: Json = {
    "type": "custom",
    "name": "patch",
    "description": "Change a file.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
}
CRM: Json = {
    "type": "namespace",
    "name": "crm",
    "description": "All about customers.",
    "tools": [
        {"type": "function", "name": "find", "description": "Find one.", "defer_loading": True},
        {"type": "custom", "name": "patch"},
    ],
}
SEARCH: Json = {"type": "web_search", "external_web_access": False}
TOOLS = [LOOK, PATCH, CRM, SEARCH, {"type": "tool_search"}]


def _read(**members: Any) -> ClientCall:
    return wire("responses").read(json.dumps({"model": "m", "input": "Hi", **members}).encode(), 99)


def test_each_tool_is_a_function_to_the_model() -> None:
    body: Json = {"model": "m", "input": "Hi", "stream": True, "tools": TOOLS}
    TAKEN.validate_python(body)
    look, patch, find, crm_patch = _read(tools=TOOLS).request.tools
    assert [look.name, patch.name] == ["look", "patch"]
    assert [find.name, crm_patch.name] == ["crm__find", "crm__patch"]
    assert patch.description == (
        "Change a file.\n\nThe input follows this grammar (lark):\n\nstart: /.+/"
    )
    assert list(patch.parameters["properties"]) == ["input"]  # type: ignore[arg-type]
    assert find.description == "crm: All about customers.\n\nFind one."
    assert crm_patch.description == ""


def test_searches_that_the_vendor_runs_are_left_out_beside_other_tools() -> None:
    assert _read(tools=TOOLS).left_out == ("web_search", "tool_search")
    assert _read(tools=[LOOK]).left_out == ()


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ([SEARCH], "tools[0].type"),
        ([LOOK, {"type": "file_search", "vector_store_ids": ["v"]}], "tools[1].type"),
        ([LOOK, {"type": "tool_search", "execution": "client"}], "tools[1].type"),
        ([LOOK, {"type": "custom"}], "tools[1].name"),
        ([{**CRM, "tools": [LOOK, CRM]}], "tools[0].tools[1].type"),
        ([{**CRM, "tools": [LOOK, SEARCH]}], "tools[0].tools[1].type"),
        ([{**CRM, "tools": [LOOK, LOOK]}], "tools[0].tools[1].name"),
        ([CRM, {**LOOK, "name": "crm__find"}], "tools[1].name"),
        ([{**PATCH, "format": {"type": "regex"}}], "tools[0].format.type"),
    ],
)
def test_what_cannot_be_offered_is_named(tools: list[Json], param: str) -> None:
    with pytest.raises(BadCallError) as caught:
        _read(tools=tools)
    assert caught.value.param == param


def test_a_group_without_tools_is_nothing() -> None:
    assert _read(tools=[{**CRM, "tools": []}]).request.tools == ()


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ({"type": "custom", "name": "patch"}, "patch"),
        ({"type": "function", "name": "find", "namespace": "crm"}, "crm__find"),
    ],
)
def test_any_of_them_may_be_chosen(choice: Json, name: str) -> None:
    assert _read(tools=TOOLS, tool_choice=choice).request.tool_choice == NamedTool(name)


def test_some_of_them_may_be_allowed() -> None:
    allowed = [{"type": "custom", "name": "patch"}, {"name": "find", "namespace": "crm"}]
    choice = {"type": "allowed_tools", "mode": "auto", "tools": allowed}
    tools = _read(tools=TOOLS, tool_choice=choice).request.tools
    assert [tool.name for tool in tools] == ["patch", "crm__find"]


def test_what_was_called_before_has_the_models_name_for_it() -> None:
    items: list[Json] = [
        {"type": "custom_tool_call", "call_id": "a", "name": "patch", "input": 'say "x"'},
        {"type": "custom_tool_call_output", "call_id": "a", "output": "done"},
        {
            "type": "function_call",
            "call_id": "b",
            "name": "find",
            "namespace": "crm",
            "arguments": "{}",
        },
        {"type": "function_call_output", "call_id": "b", "output": "Ada"},
    ]
    assert _read(input=items, tools=TOOLS).request.messages == (
        ChatMessage("assistant", (ToolCallPart("a", "patch", r'{"input":"say \"x\""}'),)),
        ChatMessage("tool", (ToolResultPart("a", "patch", "done"),)),
        ChatMessage("assistant", (ToolCallPart("b", "crm__find", "{}"),)),
        ChatMessage("tool", (ToolResultPart("b", "crm__find", "Ada"),)),
    )


# --- answers --------------------------------------------------------------------------------------


def _stream(*calls: tuple[str, list[str]]) -> list[ResponseStreamEvent]:
    said: list[ModelEvent] = []
    for index, (name, pieces) in enumerate(calls):
        said.append(Started(index, f"call_{index}", name))
        said += [ToolArgumentsDelta(index, piece) for piece in pieces]
    parts = tuple(ToolCallPart(f"call_{i}", n, "".join(p)) for i, (n, p) in enumerate(calls))
    finished = ModelFinished("tool_calls", ChatMessage("assistant", parts), TokenUsage(1, 1))
    stream = streamed("responses", said, finished, tools=TOOLS)
    return [EVENT.validate_json(event.data) for event in parsed(stream)]


def _output(events: list[ResponseStreamEvent]) -> list[Json]:
    last = events[-1]
    assert last.type == "response.completed"
    return [item.model_dump(exclude_none=True, exclude={"id"}) for item in last.response.output]


def test_a_call_says_which_group_its_tool_is_of() -> None:
    events = _stream(("look", ["{}"]), ("crm__find", ['{"a":', "1}"]))
    call: Json = {"type": "function_call", "status": "completed"}
    assert _output(events) == [
        {**call, "call_id": "call_0", "name": "look", "arguments": "{}"},
        {**call, "call_id": "call_1", "name": "find", "namespace": "crm", "arguments": '{"a":1}'},
    ]


def test_a_call_with_free_text_is_one() -> None:
    events = _stream(("crm__patch", ['{"in', 'put": "say ', r"\"x\u00e", r'4\""', "}"]))
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        *["response.custom_tool_call_input.delta"] * 3,
        "response.custom_tool_call_input.done",
        "response.output_item.done",
        "response.completed",
    ]
    call: Json = {"type": "custom_tool_call", "name": "patch", "namespace": "crm"}
    assert _output(events) == [
        {**call, "call_id": "call_0", "input": 'say "xä"', "status": "completed"}
    ]


@given(text=texts, ascii_only=st.booleans(), cuts=st.lists(st.integers(1, 9), max_size=40))
def test_free_text_comes_as_it_is_written(text: str, ascii_only: bool, cuts: list[int]) -> None:  # noqa: FBT001 - drawn
    arguments = json.dumps({"input": text}, ensure_ascii=ascii_only)
    pieces: list[str] = []
    for cut in cuts:
        pieces.append(arguments[:cut])
        arguments = arguments[cut:]
    events = _stream(("patch", [*pieces, arguments]))
    deltas = [e.delta for e in events if e.type == "response.custom_tool_call_input.delta"]
    assert "".join(deltas) == _output(events)[0]["input"] == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"input": "whole"}', "whole"),
        ('{"why": "so", "input": "late"}', "late"),
        ('{"input": 5}', '{"input": 5}'),
        ("no JSON", "no JSON"),
        ('{"input": "cut o', "cut o"),
        (r'{"input": "half \ud83d', "half "),
        ('{"input": "two", "input": "three"}', "two"),
        ("", ""),
        ('{"' + "x" * 100 + '": 1, "input": "far"}', "far"),
    ],
)
def test_what_a_model_writes_in_the_place_of_free_text(arguments: str, text: str) -> None:
    events = _stream(("patch", list(arguments)))
    deltas = [e.delta for e in events if e.type == "response.custom_tool_call_input.delta"]
    assert "".join(deltas) == _output(events)[0]["input"] == text


def test_a_whole_answer_has_the_same_calls_and_can_be_sent_back() -> None:
    parts = (
        ToolCallPart("a", "patch", '{"input":"x"}'),
        ToolCallPart("b", "crm__find", '{"a":1}'),
        ToolCallPart("c", "unheard_of", "{}"),
    )
    finished = ModelFinished("tool_calls", ChatMessage("assistant", parts), TokenUsage(1, 1))
    written = encoder("responses", tools=TOOLS).whole(finished, TokenUsage(1, 1))
    Response.model_validate_json(written)
    again = _read(input=json.loads(written)["output"], tools=TOOLS)
    assert again.request.messages == (ChatMessage("assistant", parts),)


# --- messages -------------------------------------------------------------------------------------

OWN: Json = {"name": "look", "input_schema": {"type": "object"}}
WEB: Json = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}


def _message(tools: list[Json]) -> ClientCall:
    body = {"model": "m", **BODIES["messages"], "tools": tools}
    return wire("messages").read(json.dumps(body).encode(), 99)


def test_anthropics_searches_are_left_out_as_well() -> None:
    read = _message([WEB, OWN, {**OWN, "name": "find", "type": "custom"}])
    assert [tool.name for tool in read.request.tools] == ["look", "find"]
    assert read.left_out == ("web_search_20250305",)


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ([WEB], "tools[0].type"),
        ([OWN, {"type": "bash_20250124", "name": "bash"}], "tools[1].type"),
    ],
)
def test_other_tools_of_anthropics_are_refused(tools: list[Json], param: str) -> None:
    with pytest.raises(BadCallError) as caught:
        _message(tools)
    assert caught.value.param == param
