"""A body of very many pieces is refused before it is taken apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.ai.wires.answering import BODIES

from vectal.ai.proxy.wires.bounds import MAX_PIECES, check_pieces
from vectal.ai.proxy.wires.port import BadCallError, WireName
from vectal.ai.proxy.wires.registry import wire
from vectal.platform.clock import monotonic

USER: Any = {"role": "user", "content": "a"}
TEXT: Any = {"type": "text", "text": "a"}
SAID: Any = {"type": "input_text", "text": "a"}
CALL: Any = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL: Any = {"type": "function", "name": "f", "parameters": {"type": "object"}}
MANY = MAX_PIECES + 1


def _user(*content: Any) -> list[Any]:
    return [{"role": "user", "content": list(content)}]


def _result(*content: Any) -> Any:
    return {"type": "tool_result", "tool_use_id": "c", "content": list(content)}


CROWDED: dict[str, tuple[WireName, dict[str, Any], str]] = {
    "messages of chat": ("chat_completions", {"messages": [USER] * MANY}, "messages"),
    "parts": ("chat_completions", {"messages": _user(*[TEXT] * MANY)}, "messages"),
    "parts of many": (
        "chat_completions", {"messages": _user(*[TEXT] * 100) * (MAX_PIECES // 100)}, "messages",
    ),
    "calls": (
        "chat_completions", {"messages": [{"role": "assistant", "tool_calls": [CALL] * MANY}]},
        "messages",
    ),
    "tools": ("chat_completions", {"messages": [USER], "tools": [TOOL] * MAX_PIECES}, "tools"),
    "messages": ("messages", {"messages": [USER] * MANY}, "messages"),
    "a system prompt": ("messages", {"system": [TEXT] * MAX_PIECES}, "system"),
    "a result": ("messages", {"messages": _user(_result(*[TEXT] * MANY))}, "messages"),
    "items": ("responses", {"input": [USER] * MANY}, "input"),
    "an output": (
        "responses",
        {"input": [{"type": "function_call_output", "call_id": "c", "output": [SAID] * MANY}]},
        "input",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CROWDED)
def test_too_many_pieces_are_refused_by_the_member_that_has_them(kind: str) -> None:
    name, members, param = CROWDED[kind]
    body = json.dumps({"model": "m", **BODIES[name], **members}).encode()
    with pytest.raises(BadCallError, match=r"may have 20,000 messages, parts and tools") as caught:
        wire(name).read(body, 100)
    assert caught.value.param == param


@pytest.mark.parametrize("name", ["chat_completions", "messages", "responses"])
def test_as_many_as_there_may_be_are_read(name: WireName) -> None:
    member = "input" if name == "responses" else "messages"
    body = {"model": "m", **BODIES[name], member: [USER] * MAX_PIECES}
    assert wire(name).read(json.dumps(body).encode(), 100).request.messages


def test_braces_in_words_are_no_pieces() -> None:
    code = {"role": "user", "content": "{{}}" * MAX_PIECES}
    body = json.dumps({"model": "m", "messages": [code, *_user(TEXT, code)]}).encode()
    check_pieces(body)
    wire("chat_completions").read(json.dumps({"model": "m", "messages": [code]}).encode(), 100)


@pytest.mark.parametrize(
    "body",
    [
        b"{" * 30_000,
        b'{"messages": "%s"}' % (b"{" * 30_000),
        b'{"messages": [%s]}' % (b"[{" * 30_000),
        b'{"messages": [{"content": %s}]}' % (b'[{"content":' * 30_000),
        b'{"messages": [1, "%s"]}' % (b"{" * 30_000),
        b'{"messages": [{"content": [{"a": {}}, 2], "x": "%s"}]}' % (b"{" * 30_000),
    ],
    ids=["no body", "text", "deep", "deeper", "numbers", "odd parts"],
)
def test_what_is_no_body_is_left_to_its_reader(body: bytes) -> None:
    check_pieces(body)


def test_depth_costs_nothing() -> None:
    """Each list in a list is looked at once more, with all that is in it."""
    depth = 300
    opened, closed = b'{"content":[' * depth, b"]}" * depth
    body = b'{"messages":[%b"%b"%b]}' % (opened, b"{" * 8_000_000, closed)
    began = monotonic()
    check_pieces(body)
    assert monotonic() - began < 1.0
