"""What a body of responses leans on, and what its bytes hold of what it is about."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.proxy.wires.framing import frame_of
from vectal.ai.proxy.wires.passing import peek, require_whole
from vectal.ai.proxy.wires.port import BadCallError

MESSAGE: dict[str, Any] = {"role": "user", "content": "Hello"}
SEALED: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "encrypted_content": "b3BhcXVl"}


def body(items: Any, **more: Any) -> bytes:
    return json.dumps({"model": "a", "input": items, **more}).encode()


@pytest.mark.parametrize(
    ("item", "is_whole"),
    [
        (MESSAGE, True),
        (SEALED, True),
        ({"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}, True),
        ({"type": "custom_tool_call_output", "call_id": "a", "output": "x"}, True),
        ({"type": "reasoning", "id": "rs_1"}, False),
        ({"type": "reasoning", "id": "rs_1", "encrypted_content": None}, False),
        ({"type": "reasoning", "id": "rs_1", "more": {"encrypted_content": "x"}}, False),
        ({"type": "web_search_call", "id": "ws_1"}, False),
        ({"type": "something new", "id": "x_1"}, False),
        ({"id": "msg_1"}, False),
        ({"type": ["message"], "id": "x_1"}, False),
        (7, False),
    ],
)
def test_an_item_that_may_stand_for_more_is_a_document(item: object, *, is_whole: bool) -> None:
    said = body([MESSAGE, item])
    assert peek(said).attached.documents is not is_whole
    frame = frame_of(body([MESSAGE]), "input")
    assert frame is not None
    assert (frame.match(said) is not None) is is_whole
    assert (frame_of(said, "input") is not None) is is_whole


@pytest.mark.parametrize("said", [None, False, ""])
@pytest.mark.parametrize("name", ["previous_response_id", "conversation", "prompt", "background"])
def test_a_member_that_says_nothing_is_none(name: str, said: object) -> None:
    require_whole(peek(body("Hello", **{name: said})), "responses")


@given(st.sampled_from(["previous_response_id", "conversation", "prompt", "background"]), st.data())
def test_a_member_that_says_something_is_refused(name: str, data: st.DataObject) -> None:
    said = data.draw(st.text(min_size=1) | st.just({"id": "x"}) | st.just(value=True))
    written = body("Hello", **{name: said})
    with pytest.raises(BadCallError) as caught:
        require_whole(peek(written), "responses")
    assert caught.value.param == name
    assert frame_of(written, "input") is None


@pytest.mark.parametrize("kind", ["item_reference", r"item\u005freference", r"\u0069tem_reference"])
def test_a_reference_is_refused_however_it_is_written(kind: str) -> None:
    written = body([{"type": "KIND", "id": "msg_1"}]).replace(b"KIND", kind.encode())
    with pytest.raises(BadCallError):
        require_whole(peek(written), "responses")


@pytest.mark.parametrize(
    "item",
    [
        {"id": "msg_1"},
        {"type": None, "id": "msg_1"},
        {"id": "msg_1", "content": None},
        {"type": "item_reference", "id": "msg_1", "encrypted_content": 7},
    ],
)
@pytest.mark.parametrize("beside", [MESSAGE, None, 7, {"encrypted_content": 7, "content": "x"}])
def test_an_id_alone_is_a_reference(item: object, beside: object) -> None:
    written = body([beside, item])
    with pytest.raises(BadCallError) as caught:
        require_whole(peek(written), "responses")
    assert caught.value.param == "input"
    assert frame_of(written, "input") is None
    frame = frame_of(body([MESSAGE]), "input")
    assert frame is not None
    assert frame.match(written) is None


def test_a_message_needs_no_type() -> None:
    require_whole(peek(body([{"id": "msg_1", **MESSAGE}])), "responses")


def test_words_are_no_references() -> None:
    require_whole(
        peek(body([{"role": "user", "content": '{"type":"item_reference"}'}])), "responses"
    )


@pytest.mark.parametrize("said", [{"type": "create"}, {"type": "continue"}, "x", 1, []])
def test_a_thread_of_messages_is_refused(said: object) -> None:
    written = json.dumps({"model": "a", "messages": [MESSAGE], "thread": said}).encode()
    with pytest.raises(BadCallError) as caught:
        require_whole(peek(written), "messages")
    assert caught.value.param == "thread"
    assert frame_of(written, "messages") is None
    require_whole(peek(written), "chat_completions")


def test_no_thread_is_none() -> None:
    written = json.dumps({"model": "a", "messages": [MESSAGE], "thread": None}).encode()
    require_whole(peek(written), "messages")
    assert frame_of(written, "messages") is not None
