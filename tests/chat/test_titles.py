"""Titles from first words and from models."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.chat.titles import from_model, from_words


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What is due today?", "What is due today?"),
        ("\n\n  Plan my   week \nand more", "Plan my week"),
        ("", ""),
        ("   \n ", ""),
        (
            "Please look at all of my tasks for the move to the new flat and sort them",
            "Please look at all of my tasks for the move to the new flat…",
        ),
        ("x" * 100, "x" * 60 + "…"),
    ],
)
def test_first_words(text: str, title: str) -> None:
    assert from_words(text) == title


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ('"Rent and bills"', "Rent and bills"),
        ("Title: **Moving house**\n\nIt is about…", "Moving house"),
        ("\n\n", ""),
        ("“Ein Umzug”.", "Ein Umzug"),
        ("a\x07b", "ab"),
    ],
)
def test_a_models_title_is_one_plain_line(answer: str, title: str) -> None:
    assert from_model(answer) == title


@given(st.text(max_size=400))
def test_titles_are_short_lines(text: str) -> None:
    for title in (from_words(text), from_model(text)):
        assert len(title) <= 81
        assert "\n" not in title
