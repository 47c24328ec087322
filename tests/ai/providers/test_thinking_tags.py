"""Thinking in tags, told from text however the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.providers.thinking_tags import ThinkingSplitter


def _split(text: str, places: list[int]) -> tuple[str, str]:
    splitter = ThinkingSplitter()
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    pieces = [p for a, b in zip(edges, edges[1:], strict=False) for p in splitter.feed(text[a:b])]  # noqa: RUF007
    pieces += splitter.flush()
    thought = "".join(text for is_thinking, text in pieces if is_thinking)
    said = "".join(text for is_thinking, text in pieces if not is_thinking)
    return thought, said


@pytest.mark.parametrize(
    ("text", "thought", "said"),
    [
        ("<think>Hm.</think>Yes", "Hm.", "Yes"),
        ("\n <think>Hm.</think>\n\nYes", "Hm.", "Yes"),
        ("Yes", "", "Yes"),
        ("<thin ice", "", "<thin ice"),
        ("Use <think>x</think> tags", "", "Use <think>x</think> tags"),
        ("<think>never closed", "never closed", ""),
        ("<think>a</thin", "a</thin", ""),
        ("<think></think>Yes", "", "Yes"),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
        ("", "", ""),
    ],
)
@given(places=st.lists(st.integers(0, 60), max_size=8))
def test_only_a_tag_at_the_start_opens_thinking(
    text: str, thought: str, said: str, places: list[int]
) -> None:
    assert _split(text, places) == (thought, said)


@given(
    st.text("<>/think a", max_size=40),
    st.lists(st.integers(0, 60), max_size=8),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_cuts_do_not_matter(text: str, one: list[int], other: list[int]) -> None:
    assert _split(text, one) == _split(text, other)
