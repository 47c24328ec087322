"""Snippets of found messages."""

from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.snippets import MAX_SNIPPET, snippet_of


def stems(text: str) -> list[str]:
    return [word.casefold().rstrip("s") for word in text.split()]


def test_a_short_text_is_its_own_snippet() -> None:
    assert snippet_of("Pay the\n rents today", ["rent"], stems) == "Pay the rents today"


def test_a_long_text_is_cut_around_the_word() -> None:
    text = "begin " * 40 + "the rents are due " + "end " * 60
    snippet = snippet_of(text, ["rent"], stems)
    assert "rents are due" in snippet
    assert snippet.startswith("…")
    assert snippet.endswith("…")


@given(st.text(max_size=600), st.sampled_from(["rent", "a", "ß"]))
def test_any_text_gives_a_short_line(text: str, word: str) -> None:
    snippet = snippet_of(text, [word], stems)
    assert len(snippet) <= MAX_SNIPPET + 2
    assert "\n" not in snippet
