"""Whether a passage says what is cited of it: figures over the corpus, and each rule by itself."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chat.citations.corpus import CORPUS, HELD_OUT, LEASE, MIETE, REPORT, Pair

from vectal.platform.passages.claims import find_claims
from vectal.platform.passages.facts import names_of, numbers_of
from vectal.platform.passages.marks import find_marks
from vectal.platform.passages.support import Evidence, check, check_together


def _misjudged(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Those that are believed wrongly, and those that are doubted wrongly."""
    verdicts = [(pair, check(pair.claim, Evidence(pair.passage))) for pair in pairs]
    believed = [pair for pair, verdict in verdicts if verdict.supported and not pair.holds]
    doubted = [pair for pair, verdict in verdicts if not verdict.supported and pair.holds]
    return believed, doubted


def test_the_corpus_that_it_was_made_with() -> None:
    believed, doubted = _misjudged(CORPUS)
    assert believed == []
    assert len(doubted) <= 3, doubted


def test_the_corpus_that_it_had_never_seen() -> None:
    believed, doubted = _misjudged(HELD_OUT)
    assert len(believed) <= 2, believed
    assert len(doubted) <= 2, doubted
    assert not {pair.kind for pair in believed} & {"number", "negation"}


@pytest.mark.parametrize("kind", ["number", "name", "negation"])
def test_the_reason_is_the_one_that_is_wrong(kind: str) -> None:
    whys = [check(pair.claim, Evidence(pair.passage)).why for pair in CORPUS if pair.kind == kind]
    expected = {"number": "numbers", "name": "names", "negation": "negation"}[kind]
    assert whys.count(expected) * 4 >= len(whys) * 3, whys


def test_another_language_is_not_checked() -> None:
    verdict = check("Der Mieter kann mit einer Frist von drei Monaten kündigen", Evidence(LEASE))
    assert (verdict.supported, verdict.why) == (None, "language")
    assert check("The notice period is three months", Evidence(MIETE)).supported is None


def test_nothing_said_is_not_checked() -> None:
    assert check("", Evidence(LEASE)).why == "nothing_said"
    assert check("and so it is", Evidence(LEASE)).supported is not True


def test_the_quote_is_the_nearest_sentence() -> None:
    verdict = check("The rent is EUR 1,250 a month", Evidence(LEASE))
    assert verdict.quote.startswith("The monthly rent is EUR 1,250 and is due")


def test_passages_that_hold_a_claim_only_together_support_it_together() -> None:
    claim = "The notice period is three months, and the warehouse in Rotterdam helped revenue grow"
    lease, report = Evidence(LEASE), Evidence(REPORT)
    assert not check(claim, lease).supported
    assert not check(claim, report).supported
    assert [each.supported for each in check_together(claim, [lease, report])] == [True, True]
    # A third one that has no part in it is not carried along.
    other = Evidence("Penguins live in the south. They eat fish and swim very fast.")
    together = check_together("Tenants give three months written notice", [lease, other])
    assert [each.supported for each in together] == [True, False]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1,000", "1000"),
        ("1.000,50", "1000.5"),
        ("1'250'000", "1250000"),
        ("12.50", "12.5"),
        ("007", "7"),
        ("three", "3"),
        ("zwölf", "12"),
    ],
)
def test_numbers_are_written_one_way(written: str, number: str) -> None:
    assert numbers_of(f"about {written} pieces") == {number}


def test_names_are_capital_letters_inside_of_a_sentence() -> None:
    assert names_of("Yesterday Ada met Charles in May. Then she left.", "en") == {"ada", "charles"}
    assert names_of("Heute kam die Post", "de") == set()
    assert names_of("The Notice Period And Rent", "en") == set()


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("The notice is three months [1].", ["The notice is three months"]),
        ("The notice is three months. [1] The rent is high. [2]",
         ["The notice is three months.", "The rent is high."]),
        ("The notice is three months [1], and the rent is 500 euros [2].",
         ["The notice is three months", ", and the rent is 500 euros"]),
        ("It is so [1][2].\nAnd the rent is due now [1].", ["It is so", "And the rent is due now"]),
        ("[1] says that rent is due.", ["says that rent is due."]),
        ("As [1] says, the rent is due.", ["As says, the rent is due."]),
        ("- **Notice:** three months [1]", ["Notice: three months"]),
        ("See e.g. the third section of it [1].", ["See e.g. the third section of it"]),
        ("[1]", [""]),
    ],
)  # fmt: skip
def test_what_a_number_is_said_of(text: str, claims: list[str]) -> None:
    assert [claim.text for claim in find_claims(text, find_marks(text, {1, 2}))] == claims


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_breaks_the_check(claim: str, passage: str) -> None:
    verdict = check(claim, Evidence(passage))
    assert verdict.supported in {True, False, None}
    assert (verdict.why is None) == (verdict.supported is True)


@given(st.lists(st.sampled_from(["[1]", "[2]", ". ", "\n", "word ", "So ", ", "]), max_size=30))
def test_every_mark_has_one_claim(pieces: list[str]) -> None:
    text = "".join(pieces)
    marks = find_marks(text, {1, 2})
    claims = find_claims(text, marks)
    assert [mark for claim in claims for mark in claim.marks] == marks
