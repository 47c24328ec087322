"""What stands around a conversation: a body of a known frame says what its reading would say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.ai.wires.strategies import texts

from vectal.ai.proxy.wires.framing import Frame, frame_of
from vectal.ai.proxy.wires.passing import find_members, peek, replace_model
from vectal.ai.proxy.wires.port import BadCallError

_STYLES: list[dict[str, Any]] = [
    {"separators": (",", ":"), "ensure_ascii": False},
    {"separators": (", ", ": ")},
    {"separators": (",", " :\t"), "indent": 2},
]
_MORE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "max_tokens": st.integers(1, 99),
        "stream": st.booleans(),
        "tools": st.lists(st.dictionaries(texts, texts, max_size=2), max_size=2),
        "user": texts,
    },
)
_TALKS = st.lists(st.fixed_dictionaries({"role": texts, "content": texts}), max_size=3)
_OF_MEMBERS = '{"model":"a","messages":%s,"max_tokens":5}'


def framed(body: bytes) -> Frame:
    frame = frame_of(body, "messages")
    assert frame is not None
    return frame


def _body(more: dict[str, Any], talk: list[Any], style: dict[str, Any], *, first: bool) -> bytes:
    ends = {"model": "some-model", **more}
    body = {"messages": talk, **ends} if first else {**ends, "messages": talk}
    return json.dumps(body, **style).encode()


@given(_MORE, _TALKS, _TALKS, st.sampled_from(_STYLES), st.sampled_from(["first", "last"]))
@example({}, [], [{"role": "[x", "content": "\x7fx"}], _STYLES[1], "first")
@settings(max_examples=80)
def test_a_body_of_a_frame_is_what_its_reading_says(
    more: dict[str, Any], one: list[Any], other: list[Any], style: dict[str, Any], place: str
) -> None:
    known = framed(_body(more, one, style, first=place == "first"))
    body = _body(more, other, style, first=place == "first")
    conversation = known.match(body)
    assert conversation is not None
    assert json.loads(conversation) == other
    assert known.fill(conversation) == body
    assert known.peek == peek(body)
    sent = framed(replace_model(known.fill(b"[]"), "another"))
    assert sent.fill(conversation) == replace_model(body, "another")


@pytest.mark.parametrize(
    "talk",
    [
        "[]",
        '[{"role":"user","content":"}, \\"model\\": \\"b\\""}]',
        '"a text"',
        "[ 1 ]\n",
        '[{"content":"Grüße"}]',
    ],
)
def test_any_one_value_is_a_conversation(talk: str) -> None:
    known = framed((_OF_MEMBERS % "[]").encode())
    assert known.match((_OF_MEMBERS % talk).encode()) == talk.encode()


@pytest.mark.parametrize(
    "talk",
    [
        '[],"model":"dearer","messages":[]',  # would be read as another model by some
        '[],"max_tokens":900000,"x":0',
        "[] []",
        "[",
        "",
        "[1,]",
        '["\x01"]',
        "[" * 5_000 + "]" * 5_000,
    ],
)
def test_what_is_no_value_or_more_than_one_matches_nothing(talk: str) -> None:
    known = framed((_OF_MEMBERS % "[]").encode())
    assert known.match((_OF_MEMBERS % talk).encode()) is None


def test_bytes_that_are_no_text_match_nothing() -> None:
    known = framed((_OF_MEMBERS % "[]").encode())
    before, after = (_OF_MEMBERS % "|").encode().split(b"|")
    assert known.match(before + b'["\xff"]' + after) is None


def test_what_is_around_must_be_the_same_to_the_byte() -> None:
    known = framed((_OF_MEMBERS % "[]").encode())
    for other in (
        '{"model":"b","messages":[],"max_tokens":5}',
        '{"model":"a","messages":[],"max_tokens":6}',
        '{"model":"a", "messages":[],"max_tokens":5}',
        '{"model":"a","messages":[],"max_tokens":5} ',
        '{"model":"a","messages":5}',
    ):
        assert known.match(other.encode()) is None


def test_frames_do_not_overlap() -> None:
    known = framed(b'{"messages":[],"messages2":1,"model":"a"}')
    assert known.match(b'{"messages":,"messages2":1,"model":"a"}') is None


def test_what_may_hold_pictures_is_looked_at_by_others() -> None:
    picture = '[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y"}}]}]'
    assert frame_of((_OF_MEMBERS % picture).encode(), "messages") is None
    known = framed((_OF_MEMBERS % "[]").encode())
    assert known.match((_OF_MEMBERS % picture).encode()) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a"}',
        b'{"messages":[]}',
        b'{"model":"a","messages":[],"messages":[]}',
        b'{"model":"a","messages":[],"model":"b"}',
        b"[]",
        b"",
    ],
)
def test_bad_bodies_have_no_frame(body: bytes) -> None:
    with pytest.raises(BadCallError):
        frame_of(body, "messages")


def test_a_long_frame_is_told_apart() -> None:
    tools = [{"type": "function", "function": {"name": "f", "description": "x" * 40_000}}]
    assert framed(json.dumps({"model": "a", "tools": tools, "messages": []}).encode()).is_long
    assert not framed((_OF_MEMBERS % "[]").encode()).is_long
    assert [name for name, _, _ in find_members((_OF_MEMBERS % "[]").encode())] == [
        "model",
        "messages",
        "max_tokens",
    ]
