"""Requests for vectors: every form is read, and too much is refused before it is taken apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.proxy.wires.embeddings.reading import (
    MAX_INPUTS,
    MAX_TOKENS,
    read_embedding_call,
)
from vectal.ai.proxy.wires.port import BadCallError
from vectal.platform.clock import monotonic

FORMS = st.one_of(
    st.text(min_size=1),
    st.lists(st.text(min_size=1), min_size=1, max_size=20),
    st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=20),
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5), min_size=1, max_size=20),
)


def _body(wanted: Any, **members: Any) -> bytes:
    return json.dumps({"model": "m", "input": wanted, **members}).encode()


@given(FORMS, st.sampled_from([None, 0, 2]))
def test_every_form_is_read_as_it_is(wanted: Any, indent: int | None) -> None:
    body = json.dumps({"model": "m", "input": wanted}, indent=indent).encode()
    read = read_embedding_call(body)
    if isinstance(wanted, str) or isinstance(wanted[0], int):
        wanted = [wanted]
    assert [each if isinstance(each, str) else list(each) for each in read.inputs] == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        ['"],[,"'] * MAX_INPUTS,
        ["\\"] * MAX_INPUTS,
        [[7]] * MAX_INPUTS,
        [1] * MAX_TOKENS,
        [[1] * 146] * MAX_INPUTS,
    ],
    ids=["odd texts", "backslashes", "lists", "tokens", "both"],
)
def test_as_much_as_there_may_be_is_read(wanted: Any) -> None:
    assert read_embedding_call(_body(wanted)).inputs


MANY = 4_000_000
HUGE: dict[str, tuple[bytes, str]] = {
    "texts": (b'["a"' + b',"a"' * MANY + b"]", "at most 2048 inputs"),
    "lists": (b"[[1]" + b",[1]" * MANY + b"]", "at most 2048 inputs"),
    "tokens": (b"[1" + b",1" * MANY + b"]", "at most 300000 tokens"),
    "a text and lists": (b'["a"' + b",[1]" * MANY + b"]", "must be texts"),
    "one long list": (b"[[1" + b",1" * MANY + b"]]", "at most 300000 tokens"),
    "deep": (b"[" * 900 + b"1" + b"]" * 900 + b" " * MANY, "list of tokens"),
}


@pytest.mark.parametrize("kind", HUGE)
def test_too_much_is_refused_in_a_moment(kind: str) -> None:
    """Decoded first, the lists took 45 seconds and 1.3 GB."""
    wanted, words = HUGE[kind]
    began = monotonic()
    with pytest.raises(BadCallError, match=words) as caught:
        read_embedding_call(b'{"model":"m","input":%b}' % wanted)
    assert monotonic() - began < 1.0
    assert (caught.value.param or "").startswith("input")


MIXED: list[tuple[Any, str]] = [
    (None, "input"),
    (7, "input"),
    (["fine", None], "input[1]"),
    (["fine", ["x"]], "input[1]"),
    ([[1], "x"], "input[1]"),
    ([[1], [2, -1]], "input[1]"),
    ([[1], [2, 0.5]], "input[1]"),
    ([[1], []], "input[1]"),
    ([1, 2**31], "input"),
    ([1, [2]], "input"),
    ([None], "input"),
    ([{}], "input"),
]


@pytest.mark.parametrize(("wanted", "param"), MIXED)
def test_a_mixture_is_refused_where_it_begins(wanted: Any, param: str) -> None:
    with pytest.raises(BadCallError) as caught:
        read_embedding_call(_body(wanted))
    assert caught.value.param == param


def test_options_are_read() -> None:
    read = read_embedding_call(_body("x", dimensions=8, encoding_format="base64", user="ada"))
    assert (read.dimensions, read.encoding_format, read.tokens) == (8, "base64", 1)
