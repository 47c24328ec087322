"""What is no request is refused, and the member that is wrong is named."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ai.wires.answering import BODIES

from vectal.ai.proxy.wires.passing import peek, replace_model, with_usage
from vectal.ai.proxy.wires.port import BadCallError, WireName
from vectal.ai.proxy.wires.registry import wire

WIRES: list[WireName] = ["chat_completions", "messages", "responses"]
EVERY_WIRE = pytest.mark.parametrize("name", WIRES)
DEEP = b"[" * 100_000 + b"]" * 100_000
USER = {"role": "user", "content": "Hi"}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def _image(url: str) -> dict[str, Any]:
    part = {"type": "image_url", "image_url": {"url": url}}
    return {"messages": [USER, {"role": "user", "content": [part]}]}


def _block(**block: Any) -> dict[str, Any]:
    return {"messages": [USER, {"role": "user", "content": [block]}]}


def _item(**item: Any) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": "Hi"}, item]}


def _source(kind: str, **source: Any) -> dict[str, Any]:
    return _block(type=kind, source=source)


def _said(*content: Any) -> dict[str, Any]:
    return _item(role="user", content=list(content))


def _answer(**message: Any) -> dict[str, Any]:
    return {"messages": [{"role": "assistant", **message}]}


def _chosen(**choice: Any) -> dict[str, Any]:
    return {"tool_choice": choice}


PIECE = "messages[1].content[0]"
URL = f"{PIECE}.image_url.url"
MEDIA = f"{PIECE}.source.media_type"
NO_OBJECT: dict[str, Any] = {"type": "tool_use", "id": "x", "name": "f", "input": []}
FOREVER = {"type": "forever"}
SEARCH: dict[str, Any] = {"type": "web_search_20250305", "name": "search", "input_schema": {}}
CHAT: list[tuple[dict[str, Any], str]] = [
    ({"model": None}, "model"),
    ({"model": ""}, "model"),
    ({"model": 5}, "model"),
    ({"messages": None}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": {}}, "messages"),
    ({"messages": ["Hi"]}, "messages[0]"),
    ({"messages": [{}]}, "messages[0].role"),
    ({"messages": [{"role": "robot"}]}, "messages[0].role"),
    ({"messages": [{"role": "function", "name": "f"}]}, "messages[0].role"),
    ({"messages": [USER, {"role": "user"}]}, "messages[1].content"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "tool", "content": ""}]}, "messages[0].tool_call_id"),
    (_answer(function_call={"name": "f", "arguments": "{}"}), "messages[0].function_call"),
    (_answer(tool_calls=[{**CALL, "type": "custom"}]), "messages[0].tool_calls[0].type"),
    (_block(type="input_audio"), f"{PIECE}.type"),
    (_block(text="Hi"), f"{PIECE}.type"),
    (_block(type="text"), f"{PIECE}.text"),
    (_block(type="text", text="x", cache_control=FOREVER), f"{PIECE}.cache_control.type"),
    (_block(type="file", file={"file_id": "f"}), f"{PIECE}.file.file_data"),
    (_image("http://10.0.0.1/x.png"), URL),
    (_image("file:///etc/passwd"), URL),
    (_image("data:image/png;base64,***"), URL),
    (_image("data:image/png;base64,"), URL),
    (_image("data:image/png,abc"), URL),
    (_image("data:text/html;base64,AAAA"), URL),
    ({"n": 2}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"top_logprobs": 3}, "top_logprobs"),
    ({"functions": [{"name": "f"}]}, "functions"),
    ({"function_call": "auto"}, "function_call"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"web_search_options": {}}, "web_search_options"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_completion_tokens": "9"}, "max_completion_tokens"),
    ({"temperature": 3}, "temperature"),
    ({"top_p": -1}, "top_p"),
    ({"stop": [5]}, "stop[0]"),
    ({"reasoning_effort": "hard"}, "reasoning_effort"),
    ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].function"),
    ({"tool_choice": "maybe"}, "tool_choice"),
    (_chosen(type="function", function={"name": "f"}), "tool_choice.function.name"),
    (_chosen(type="function"), "tool_choice.function"),
    (_chosen(type="allowed_tools"), "tool_choice.allowed_tools"),
    (
        _chosen(type="allowed_tools", allowed_tools={"mode": "auto", "tools": []}),
        "tool_choice.allowed_tools.tools",
    ),
    ({"response_format": {"type": "xml"}}, "response_format.type"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ({"stream": "yes"}, "stream"),
]
MESSAGES: list[tuple[dict[str, Any], str]] = [
    ({"max_tokens": None}, "max_tokens"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
    ({"system": [{"type": "image"}]}, "system[0].type"),
    (_answer(content=[NO_OBJECT]), "messages[0].content[0].input"),
    (_block(type="search_result"), f"{PIECE}.source"),
    (_block(type="container_upload"), f"{PIECE}.type"),
    (_block(type="tool_use", id="x", name="f", input={}), f"{PIECE}.type"),
    (_block(type="tool_result"), f"{PIECE}.tool_use_id"),
    (_block(type="text", text="x", cache_control=FOREVER), f"{PIECE}.cache_control.type"),
    (_block(type="text", text="x", citations=[{"type": "rumour"}]), f"{PIECE}.citations"),
    (_source("image", type="file", file_id="f"), f"{PIECE}.source.type"),
    (_source("image", type="url", url="http://x.test/"), f"{PIECE}.source.url"),
    (_source("image", type="base64", media_type="image/png", data="?"), f"{PIECE}.source.data"),
    (_source("image", type="base64", media_type="text/html", data="AAAA"), MEDIA),
    (_source("document", type="base64", media_type="image/png", data="AAAA"), MEDIA),
    ({"thinking": {"type": "enabled", "budget_tokens": 5}}, "thinking.budget_tokens"),
    ({"thinking": {"type": "hard"}}, "thinking.type"),
    ({"output_config": {"effort": "hard"}}, "output_config.effort"),
    ({"tools": [SEARCH]}, "tools[0].type"),
    ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
    (_chosen(type="tool", name="f"), "tool_choice.name"),
    (_chosen(type="required"), "tool_choice.type"),
    ({"temperature": 1.5}, "temperature"),
    ({"mcp_servers": [{}]}, "mcp_servers"),
    ({"container": "c"}, "container"),
    ({"inference_geo": "eu"}, "inference_geo"),
]
RESPONSES: list[tuple[dict[str, Any], str]] = [
    ({"input": None}, "input"),
    ({"input": []}, "input"),
    ({"input": 5}, "input"),
    (_item(type="web_search_call", id="x"), "input[1].type"),
    (_item(type="item_reference", id="x"), "input[1]"),
    (_item(content="x"), "input[1].role"),
    (_item(role="tool", content="x"), "input[1].role"),
    (_item(role="user"), "input[1].content"),
    (_said({"type": "input_audio"}), "input[1].content[0].type"),
    (_said({"type": "reasoning_text", "text": ""}), "input[1].content[0]"),
    (_said({"type": "input_image"}), "input[1].content[0].image_url"),
    (_said({"type": "input_file"}), "input[1].content[0].file_data"),
    (_said({"type": "input_image", "file_id": "f"}), "input[1].content[0].file_id"),
    (_said({"type": "input_file", "file_id": "f"}), "input[1].content[0].file_id"),
    (
        _item(role="system", content=[{"type": "input_image", "image_url": "https://x.test/"}]),
        "input[1].content",
    ),
    (_item(type="function_call", name="f", arguments="{}"), "input[1].call_id"),
    (_item(type="function_call", call_id="c", name="f"), "input[1].arguments"),
    (_item(type="function_call_output", call_id="c"), "input[1].output"),
    ({"previous_response_id": "resp_1"}, "previous_response_id"),
    ({"conversation": "conv_1"}, "conversation"),
    ({"prompt": {"id": "p"}}, "prompt"),
    ({"background": True}, "background"),
    ({"top_logprobs": 1}, "top_logprobs"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    (_chosen(type="function", name="f"), "tool_choice.name"),
    (_chosen(type="allowed_tools", tools=[]), "tool_choice.tools"),
    (_chosen(type="mcp"), "tool_choice.type"),
    ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format.schema"),
    ({"reasoning": {"effort": "hard"}}, "reasoning.effort"),
    ({"max_output_tokens": -1}, "max_output_tokens"),
]
BAD: list[tuple[WireName, dict[str, Any], str]] = [
    *(("chat_completions", members, param) for members, param in CHAT),
    *(("messages", members, param) for members, param in MESSAGES),
    *(("responses", members, param) for members, param in RESPONSES),
]


def _body(name: WireName, members: dict[str, Any]) -> bytes:
    return json.dumps({"model": "m", **BODIES[name], **members}).encode()


@pytest.mark.parametrize(("name", "members", "param"), BAD)
def test_the_wrong_member_is_named(name: WireName, members: dict[str, Any], param: str) -> None:
    with pytest.raises(BadCallError) as caught:
        wire(name).read(_body(name, members), 100)
    assert caught.value.param == param
    assert param in caught.value.detail
    assert caught.value.detail.endswith(".")


@EVERY_WIRE
@pytest.mark.parametrize("missing", ["model", "messages"])
def test_a_missing_member_is_named(name: WireName, missing: str) -> None:
    body = {"model": "m", **BODIES[name]}
    missing = "input" if (name, missing) == ("responses", "messages") else missing
    del body[missing]
    with pytest.raises(BadCallError) as caught:
        wire(name).read(json.dumps(body).encode(), 100)
    assert caught.value.param == missing


HOPELESS = [
    b"",
    b"{",
    b"[]",
    b"5",
    b"null",
    b'"model"',
    b"{} {}",
    b"\xff",
    b'{"model": "\xff"}',
    b'{"model": "m", "unread": "\xff"}',
    b'{"model": "\\ud800"}',
    b'{"model": "m", "messages": ' + DEEP + b"}",
    b'{"model": "m", "unread": ' + DEEP + b"}",
    b'{"model": "m", "tools": [{"function": {"parameters": ' + DEEP + b"}}]}",
]


@EVERY_WIRE
@pytest.mark.parametrize("body", HOPELESS, ids=range(len(HOPELESS)))
def test_what_is_no_body_at_all_is_refused(name: WireName, body: bytes) -> None:
    with pytest.raises(BadCallError) as caught:
        wire(name).read(body, 100)
    assert len(caught.value.detail) <= 300


@pytest.mark.parametrize("body", HOPELESS, ids=range(len(HOPELESS)))
def test_nor_can_it_be_passed_on(body: bytes) -> None:
    with pytest.raises(BadCallError):
        peek(body)
    if not body.startswith(b'{"model"'):
        with pytest.raises(BadCallError):
            with_usage(body)
        with pytest.raises(BadCallError):
            replace_model(body, "x")


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
_NAMES = (
    *("model", "messages", "input", "role", "content", "type", "text", "tools", "tool_choice"),
    *("function", "name", "arguments", "image_url", "url", "source", "max_tokens", "system"),
)
_VALUES = st.sampled_from(["user", "assistant", "text", "image", "tool_result", "function", "m"])
_JSON: st.SearchStrategy[Any] = st.recursive(
    _SCALARS | _VALUES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)


@EVERY_WIRE
@given(st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=5) | _JSON)
@settings(max_examples=60)
def test_hostile_json_is_read_or_refused(name: WireName, members: Any) -> None:
    known: dict[str, Any] = {"model": "m", **BODIES[name]}
    body: Any = members
    if isinstance(members, dict):
        body = {**known, **cast("dict[str, Any]", members)}
    try:
        call = wire(name).read(json.dumps(body).encode(), 100)
    except BadCallError:
        return
    assert call.request.max_output_tokens > 0


@EVERY_WIRE
@given(st.binary(max_size=80))
@settings(max_examples=30)
def test_hostile_bytes_are_refused(name: WireName, body: bytes) -> None:
    with pytest.raises(BadCallError):
        wire(name).read(body, 100)
