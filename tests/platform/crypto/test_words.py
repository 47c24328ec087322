"""Words of a text and of a question about it must be the same words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.crypto.words import words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Paying the rents", ["pay", "the", "rent"]),
        ("Straße STRASSE", ["strass"]),
        ("e\u0301te\u0301 été", ["été"]),
        ("don't don\u2019t", ["don't"]),
        ("ﬁle file", ["file"]),
        ("snake_case kebab-case", ["snake", "case", "kebab"]),
        ("東京都 tower", ["東京", "京都", "tower"]),
        ("犬", ["犬"]),
        ("3 days, 24.12.2026", ["3", "day", "24", "12", "2026"]),
        ("!? … 🙂", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words_of(text) == expected


def test_a_language_is_taken_at_its_word() -> None:
    assert words_of("Rechnungen", "de-CH") == words_of("Rechnung", "de")
    assert words_of("running", "xx") == words_of("running") == ["run"]


@given(st.text())
def test_form_and_case_make_no_difference(text: str) -> None:
    words = words_of(text)
    for same in (
        unicodedata.normalize("NFD", text),
        unicodedata.normalize("NFKC", text),
    ):
        assert words_of(same) == words
    assert len(set(words)) == len(words)
    assert all(0 < len(word) <= 70 for word in words)


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=8), max_size=20))
def test_every_word_of_a_text_finds_it(words: list[str]) -> None:
    indexed = set(words_of(" ".join(words)))
    for word in words:
        assert set(words_of(word.upper())) <= indexed


def test_a_huge_text_costs_a_bounded_number_of_words() -> None:
    assert len(words_of(" ".join(f"w{n}" for n in range(20_000)))) == 5_000
    assert words_of("x" * 1_000_000) == ["x" * 64]
