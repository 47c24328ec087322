"""Which half of the local model a question leans on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.documents.embedding.language import is_english
from vectal.documents.embedding.local import LocalEmbedder


@pytest.mark.parametrize(
    "text",
    [
        "How long before moving out do I have to tell the landlord?",
        "What does the letter of marker77 say about it?",
        "where is Dr. Przybylski's office",
    ],
)
def test_english_is_known_by_its_small_words(text: str) -> None:
    assert is_english(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "Welche Kündigungsfrist gilt für den Mieter?",
        "Quel préavis le locataire doit-il donner avant de partir ?",
        "¿Con cuánta antelación debe avisar el inquilino antes de irse?",
        "Con quanto anticipo l'inquilino deve avvisare prima di andarsene?",
        "借主はいつまでに知らせますか",
    ],
)
def test_other_languages_are_not_english(text: str) -> None:
    assert is_english(text) in {False, None}
    assert is_english(text) is not True


@pytest.mark.parametrize("text", ["", "QX-77120", "turbine", "Ada Lovelace", "2025 4471 12", "…"])
def test_names_and_numbers_tell_nothing(text: str) -> None:
    assert is_english(text) is None


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    assert is_english(text) in {True, False, None}


async def test_a_question_leans_on_the_half_that_knows_its_language() -> None:
    english, german = "When does the tenant have to warn?", "Wann muss der Mieter warnen?"
    with LocalEmbedder() as model:
        passage, other = await model.embed(["The tenant gives three months warning.", "Rain."])
        for question in (english, german):
            asked = await model.embed_query(question)
            assert len(asked) == model.dimensions
            assert sum(value * value for value in asked) == pytest.approx(1, abs=1e-5)
            near = [
                sum(a * b for a, b in zip(asked, each, strict=True)) for each in (passage, other)
            ]
            assert near[0] > near[1]
        share = [
            sum(value * value for value in (await model.embed_query(each))[:384])
            for each in (english, german)
        ]
    assert share[0] > 0.8
    assert share[1] < 0.1
