"""Tools that only the client's vendor knows, offered to models of others."""

import json
from typing import Any

from tests.wire.conftest import CHAT_MODEL, Gateway, Purses
from tests.wire.test_passing_on import CHAT, CHAT_STREAM, sse

LEFT_OUT = "x-vectal-left-out"
LOOK: dict[str, Any] = {"type": "function", "name": "look", "parameters": {"type": "object"}}
TOOLS: Any = [
    LOOK,
    {"type": "custom", "name": "patch", "description": "Change a file."},
    {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [LOOK]},
    {"type": "web_search", "external_web_access": False},
]
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


def _chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**head, 'choices': [choice], **more})}\n\n".encode()


def _call(index: int, name: str, *pieces: str) -> list[bytes]:
    head = {"index": index, "id": f"call_{index}", "type": "function"}
    named = {**head, "function": {"name": name, "arguments": ""}}
    more = ({"index": index, "function": {"arguments": piece}} for piece in pieces)
    return [_chunk({"tool_calls": [each]}) for each in (named, *more)]


CALLS = (
    _chunk({"role": "assistant", "content": None}),
    *_call(0, "patch", '{"input": "first', r"\nsecond", '"}'),
    *_call(1, "crm__look", "{}"),
    _chunk({}, "tool_calls", usage=USAGE),
    b"data: [DONE]\n\n",
)


async def test_a_model_of_another_vendor_gets_functions(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = sse(*CALLS)
    responses = gateway.openai().responses
    async with responses.stream(model=CHAT_MODEL, input="Hi", tools=TOOLS) as stream:
        kinds = [event.type async for event in stream]
        answer = await stream.get_final_response()
    patch, look = answer.output
    assert patch.type == "custom_tool_call"
    assert (patch.name, patch.input) == ("patch", "first\nsecond")
    assert look.type == "function_call"
    assert (look.namespace, look.name, look.arguments) == ("crm", "look", "{}")
    assert kinds.count("response.custom_tool_call_input.delta") == 2
    offered = json.loads(gateway.peer.seen[-1].body)["tools"]
    assert [tool["function"]["name"] for tool in offered] == ["look", "patch", "crm__look"]


async def test_the_client_is_told_what_was_left_out(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = sse(*CALLS)
    async with gateway.http() as http:
        body = {"model": CHAT_MODEL, "input": "Hi", "tools": TOOLS}
        answer = await http.post("/responses", json={**body, "stream": True})
        assert answer.headers[LEFT_OUT] == "web_search"
        plain = await http.post("/responses", json={**body, "tools": TOOLS[:3], "stream": True})
        assert LEFT_OUT not in plain.headers


async def test_a_search_of_anthropics_is_left_out_for_others(gateway: Gateway) -> None:
    gateway.peer.answers[CHAT] = sse(*CHAT_STREAM)
    tools: Any = [
        {"name": "look", "input_schema": {"type": "object"}},
        {"type": "web_search_20250305", "name": "web_search"},
    ]
    answer = await gateway.anthropic().messages.with_raw_response.create(
        model=CHAT_MODEL, max_tokens=9, messages=[{"role": "user", "content": "Hi"}], tools=tools
    )
    assert answer.headers[LEFT_OUT] == "web_search_20250305"
    offered = json.loads(gateway.peer.seen[-1].body)["tools"]
    assert [tool["function"]["name"] for tool in offered] == ["look"]


async def test_nothing_is_set_aside_for_a_search_that_nobody_runs(
    gateway: Gateway, purses: Purses
) -> None:
    """A vendor that searches may read a window of 100,000 tokens in each round."""
    gateway.peer.answers[CHAT] = sse(*CALLS)
    purse = await purses.make("tokens", "20000")
    body = {"model": CHAT_MODEL, "input": "Hi", "tools": TOOLS, "max_output_tokens": 100}
    async with gateway.http() as http:
        answer = await http.post("/responses", json=body, headers=purse.headers)
    assert answer.status_code == 200, answer.text
    spent = await gateway.ada.get(f"/ai/budgets/{purse.budget_id}")
    assert spent["spent"] == 12


async def test_what_groups_and_free_text_add_is_set_aside(gateway: Gateway, purses: Purses) -> None:
    """Sixty tools become functions of some 400 bytes each."""
    asked = len(gateway.peer.seen)
    tools = [{"type": "custom", "name": f"tool-{number}"} for number in range(60)]
    group = {"type": "namespace", "name": "g" * 200, "description": "Long.", "tools": tools}
    body = {"model": CHAT_MODEL, "input": "Hi", "tools": [group], "max_output_tokens": 100}
    assert len(json.dumps(body)) < 4_000
    async with gateway.http() as http:
        purse = await purses.make("tokens", "12000")
        answer = await http.post("/responses", json=body, headers=purse.headers)
    assert answer.status_code == 402, answer.text
    assert len(gateway.peer.seen) == asked
