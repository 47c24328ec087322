"""A conversation is known again in each of its turns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vectal.ai.proxy.wires.opening import opening_of

Json = dict[str, Any]
MARK = {"cache_control": {"type": "ephemeral"}}


def _opening(*messages: Json, **members: Any) -> str:
    return opening_of(json.dumps({"model": "m", "messages": messages, **members}).encode())


def user(text: str, **marks: Any) -> Json:
    return {"role": "user", "content": [{"type": "text", "text": text, **marks}]}


FIRST = _opening({"role": "user", "content": "Hello"})


def test_each_turn_begins_alike() -> None:
    begun = [{"role": "system", "content": "It is noon."}, {"role": "user", "content": "Hello"}]
    later = [{"role": "system", "content": "It is one."}, user("Hello")]
    more = [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "And?"}]
    assert _opening(*begun) == _opening(*later, *more, stream=True) == FIRST


def test_marks_for_a_cache_move() -> None:
    assert _opening(user("Hello", **MARK)) == _opening(user("Hello"), user("x", **MARK)) == FIRST


def test_the_shapes_of_responses_are_known() -> None:
    item = {"type": "message", "role": "user", "content": "Hello"}
    for given in ("Hello", [{"role": "developer", "content": "x"}, item], [item, item]):
        assert opening_of(json.dumps({"model": "m", "input": given}).encode()) == FIRST


def test_another_conversation_begins_otherwise() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://x.test/1.png"}}
    other = {"type": "image_url", "image_url": {"url": "https://x.test/2.png"}}
    openings = [
        FIRST,
        _opening({"role": "user", "content": "Hello!"}),
        _opening({"role": "user", "content": [picture]}),
        _opening({"role": "user", "content": [other]}),
        _opening({"role": "assistant", "content": "Hello"}),
    ]
    assert len(set(openings)) == len(openings)


def test_a_client_may_say_itself_what_belongs_together() -> None:
    key = {"prompt_cache_key": "thread-7"}
    assert _opening(user("a"), **key) == _opening(user("b"), **key) != _opening(user("a"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"messages": 5}',
        b'{"messages": [5]}',
        b'{"messages": [{"role": "user", "content": 5}]}',
        b'{"messages": [{"role": "user", "content": [5, {"text": 5}]}]}',
        b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
        b'{"prompt_cache_key": 5}',
        b'{"messages": ' + b"[" * 100_000,
    ],
)
def test_what_is_no_request_has_an_opening_as_well(body: bytes) -> None:
    assert opening_of(body) == opening_of(body)
