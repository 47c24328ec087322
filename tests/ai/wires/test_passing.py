"""Bodies on their way to a provider of the same wire: changed in one place, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ai.wires.strategies import texts

from vectal.ai.proxy.wires.attached import Attached
from vectal.ai.proxy.wires.passing import Peek, peek, replace_model, with_usage
from vectal.ai.proxy.wires.port import BadCallError
from vectal.ai.proxy.wires.terms import Terms

_SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | texts | st.just("model")
_KEYS = st.sampled_from(["model", "messages", "stream", '"model"', "stream_options"]) | texts
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)


def _shared(one: bytes, other: bytes) -> int:
    """How many bytes the two begin with together."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


_STYLES: list[dict[str, Any]] = [
    {"separators": (",", ":"), "ensure_ascii": False},
    {"separators": (", ", ": ")},
    {"separators": (",", " :\t"), "indent": 2},
]


@given(st.dictionaries(_KEYS, _VALUES, max_size=4), texts, texts, st.sampled_from(_STYLES))
@settings(max_examples=60)
def test_only_the_model_changes(
    members: dict[str, Any], old: str, new: str, style: dict[str, Any]
) -> None:
    body = {**members, "model": old}
    raw = json.dumps(body, **style).encode()
    changed = replace_model(raw, new)
    assert json.loads(changed) == {**body, "model": new}
    # And back again, every byte as it was, but for how the name itself was written.
    assert replace_model(changed, old) == replace_model(raw, old)
    same = _shared(raw, changed) + _shared(raw[::-1], changed[::-1])
    assert len(raw) - same <= len(json.dumps(old, **style).encode())


@pytest.mark.parametrize(
    ("raw", "changed"),
    [
        (b'{"model":"a"}', b'{"model":"b"}'),
        (b' {\n "model" : "a" , "x":1}\n', b' {\n "model" : "b" , "x":1}\n'),
        (b'{"x":{"model":"a"},"model":"a"}', b'{"x":{"model":"a"},"model":"b"}'),
        (b'{"model":"a","x":["model","a"]}', b'{"model":"b","x":["model","a"]}'),
        (b'{"x":"\\"model\\":\\"a\\"","model":"a"}', b'{"x":"\\"model\\":\\"a\\"","model":"b"}'),
        (b'{"x":"}","model":"a"}', b'{"x":"}","model":"b"}'),
        (b'{"mod\\u0065l":"a","y":"model"}', b'{"mod\\u0065l":"b","y":"model"}'),
        ('{"x":"wörld 👋","model":"ä"}'.encode(), '{"x":"wörld 👋","model":"b"}'.encode()),
    ],
)
def test_wherever_else_it_stands_it_stays(raw: bytes, changed: bytes) -> None:
    assert replace_model(raw, "b") == changed


@pytest.mark.parametrize(
    "raw",
    [
        b'{"model":"a","model":"b"}',
        b'{"model":"a","x":1,"model":"a"}',
        b'{"x":1,"x":1,"model":"a"}',
        b'{"model":"a","x":1,"x":2}',
    ],
)
def test_a_member_that_stands_there_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(BadCallError, match="twice"):
        replace_model(raw, "c")


def test_without_a_model_nothing_can_be_passed_on() -> None:
    with pytest.raises(BadCallError) as caught:
        replace_model(b'{"x":{"model":"a"}}', "b")
    assert caught.value.param == "model"


@pytest.mark.parametrize(
    ("raw", "changed"),
    [
        (b"{}", b'{"stream_options":{"include_usage":true}}'),
        (b'{"a":1}', b'{"stream_options":{"include_usage":true},"a":1}'),
        (b' { "a":1}', b' {"stream_options":{"include_usage":true}, "a":1}'),
        (
            b'{"stream_options":null,"a":1}',
            b'{"stream_options":{"include_usage":true},"a":1}',
        ),
        (
            b'{"stream_options": {"include_usage": false, "x": 1} }',
            b'{"stream_options": {"include_usage":true,"x":1} }',
        ),
    ],
)
def test_the_counts_are_asked_for(raw: bytes, changed: bytes) -> None:
    assert with_usage(raw) == changed


IMAGE = {"type": "image", "source": {"type": "url", "url": "https://x.test/"}}
DOCUMENT = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
PLAIN = Peek(
    "m",
    stream=False,
    include_usage=False,
    max_output_tokens=None,
    has_tools=False,
)


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({}, {}),
        ({"stream": True}, {"stream": True}),
        ({"stream_options": {"include_usage": True}}, {"include_usage": True}),
        ({"max_tokens": 5}, {"max_output_tokens": 5}),
        ({"max_tokens": 5, "max_completion_tokens": 6}, {"max_output_tokens": 6}),
        ({"max_output_tokens": 7}, {"max_output_tokens": 7}),
        (
            {"tools": [{"type": "anything"}]},
            {"has_tools": True, "terms": Terms(added=2_000)},
        ),
        ({"tools": []}, {}),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, {"attached": Attached(1)}),
        ({"input": [{"content": [{"type": "input_image"}] * 2}]}, {"attached": Attached(2)}),
        ({"messages": [{"content": [DOCUMENT, IMAGE]}]}, {"attached": Attached(1, documents=True)}),
        ({"messages": [{"content": [{"type": "file"}]}]}, {"attached": Attached(documents=True)}),
        (
            {"input": [{"content": [{"type": "input_file", "file_id": "f"}]}]},
            {"attached": Attached(documents=True)},
        ),
        ({"messages": [{"content": json.dumps(DOCUMENT)}]}, {}),
        ({"messages": [{"role": "user", "content": json.dumps(IMAGE)}]}, {}),
        ({"system": [IMAGE], "n": 3}, {"choices": 3}),
        ({"n": None}, {}),
        (
            {"tools": [{"type": "web_search_20250305"}]},
            {"has_tools": True, "terms": Terms(11, 100, added=2_000)},
        ),
        (
            {"tools": [{"type": "bash_20250124", "name": "web_search"}]},
            {"has_tools": True, "terms": Terms(added=2_000)},
        ),
        ({"mcp_servers": [{"url": "https://x.test/"}]}, {"terms": Terms(11)}),
        ({"mcp_servers": []}, {}),
        ({"web_search_options": {}}, {"terms": Terms(2)}),
        ({"reasoning_effort": "high"}, {"wants_thought": True}),
        ({"reasoning_effort": "low"}, {}),
        ({"reasoning_effort": ["high"]}, {}),
        ({"reasoning": {"effort": "medium"}}, {"wants_thought": True}),
        ({"reasoning": {"effort": "none", "summary": "auto"}}, {}),
        ({"output_config": {"effort": "max"}}, {"wants_thought": True}),
        ({"thinking": {"type": "enabled", "budget_tokens": 9_000}}, {"wants_thought": True}),
        ({"thinking": {"type": "disabled"}}, {}),
    ],
)
def test_a_body_says_what_it_is(members: dict[str, Any], says: dict[str, Any]) -> None:
    assert peek(json.dumps({"model": "m", **members}).encode()) == replace(PLAIN, **says)
