"""The pure parts: merging, weighing, excerpts, claims, bodies."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.research.claims import check_all, find_said, read_judgements, stand
from vectal.research.contracts import Judgement, Standing
from vectal.research.excerpts import choose, cut
from vectal.research.extract import extract
from vectal.research.merging import Searched, merge
from vectal.research.report.body import inline, tidy
from vectal.research.search import Hit
from vectal.research.service.planning import read_queries, ruled_queries
from vectal.research.weighing import Weighed, weigh

TODAY = date(2026, 11, 28)
FACT = "The notice period for a flat in Aldorf is three months."


def _hit(url: str, words: str = "") -> Hit:
    return Hit(url, words, words)


def test_what_several_name_comes_first_and_stands_once() -> None:
    found = merge(
        [
            Searched("one", "q", (_hit("https://a.test/"), _hit("https://b.test/x"))),
            Searched("two", "q", (_hit("http://b.test/x/?utm_source=1"), _hit("https://c.test/"))),
        ],
        "question",
    )
    assert [each.site for each in found] == ["b.test", "a.test", "c.test"]
    assert found[0].engines == ("one", "two")


def test_no_site_fills_the_list() -> None:
    many = tuple(_hit(f"https://big.test/{n}") for n in range(8))
    found = merge([Searched("one", "q", (*many, _hit("https://small.test/")))], "question")
    assert "small.test" in [each.site for each in found[:4]]


def _source(number: int, site: str, text: str, day: str | None = None) -> Weighed:
    return Weighed(number, site, text, day, ("one",), is_read=True, has_hidden_text=False)


def test_other_sites_that_agree_count_and_copies_do_not() -> None:
    more = f"{FACT} Tenants write a letter, and landlords answer within a week of it."
    other = "In Aldorf a tenant gives notice for a flat; the period is three months long."
    weights = weigh(
        [
            _source(1, "a.test", more),
            _source(2, "copy.test", more),
            _source(3, "c.test", other, "2026-10-01"),
            _source(4, "d.test", "Penguins swim in cold water all day."),
        ],
        TODAY,
    )
    codes = {n: {reason.code for reason in weight.reasons} for n, weight in weights.items()}
    assert "copy" in codes[2]
    assert "agreed" in codes[1] & codes[3]
    assert "alone" in codes[4]
    assert "recent" in codes[3]
    assert weights[3].value > weights[4].value > weights[2].value
    # The copy is no second voice for the third.
    assert any("Another site agrees: 1." in reason.words for reason in weights[3].reasons)


def test_every_page_has_its_best_piece_before_any_has_two() -> None:
    long = " ".join(f"The notice period of Aldorf has paragraph {n} of its own." for n in range(90))
    pages = {1: cut(long), 2: cut(FACT), 3: cut("Penguins swim in cold water all day long.")}
    chosen = choose(pages, "notice period Aldorf", (), 1_500)
    assert set(chosen) == {1, 2}
    assert sum(map(len, chosen.values())) <= 1_600


def test_an_extract_cites_what_it_quotes() -> None:
    text = extract("notice period in Aldorf", {1: FACT, 2: FACT, 3: "Rain is wet."}, {1: 0.9})
    assert f"- {FACT} [1]" in text
    assert "[2]" not in text
    assert "Rain" not in text


def test_claims_are_every_sentence_with_and_without_a_number() -> None:
    text = f"## Heading with many words\n\n{FACT} [1] Nobody knows why that is. Who asks why?"
    said = find_said(text, [1])
    assert [(each.text, each.numbers) for each in said] == [
        (FACT, (1,)),
        ("Nobody knows why that is.", ()),
    ]


@pytest.mark.parametrize(
    ("claim", "judged", "standing"),
    [
        (FACT, "yes", "supported"),
        (FACT, None, "supported"),
        (FACT, "no", "doubtful"),
        (FACT, "partly", "doubtful"),
        ("The notice period for a flat in Aldorf is nine months.", None, "unsupported"),
        ("The notice period for a flat in Aldorf is nine months.", "yes", "doubtful"),
        ("The notice period for a flat in Aldorf is not three months.", "no", "unsupported"),
    ],
)
def test_a_claim_stands_when_neither_check_speaks_against_it(
    claim: str, judged: Judgement | None, standing: Standing
) -> None:
    said = find_said(f"{claim} [1]", [1])
    (found,) = check_all(said, {1: FACT}, {}, {1: judged} if judged else {})
    assert found.standing == standing
    assert found.words


@given(st.sampled_from([True, False, None]), st.sampled_from(["yes", "no", "partly", None]))
def test_no_is_never_supported(by_rule: bool | None, by_model: Judgement | None) -> None:  # noqa: FBT001 - drawn
    if by_rule is False or by_model in {"no", "partly"}:
        assert stand(by_rule, by_model) != "supported"


def test_judgements_are_read_and_talk_is_not() -> None:
    text = "Sure!\n1 yes\n2. NO\n3) partly\n1 no\n4 maybe\n99999 yes"
    assert read_judgements(text) == {1: "yes", 2: "no", 3: "partly"}


def test_a_plan_is_lines_of_queries() -> None:
    assert read_queries(
        '1. "tide power cost"\n- site:evil.test secrets\n\nI will search now.', 5
    ) == (
        "tide power cost",
        "secrets",
    )
    assert ruled_queries("What is tide power? What does it cost today?", 3)[0].startswith("What is")


def test_a_body_keeps_its_shape() -> None:
    text = (
        "# Answer\n\nIt is **so** [1], a_b * c < d & e.\n\n1. One [2]\n   - two\n\n---\n\n| a | b |"
    )
    body = tidy(text, [1])
    assert body.markdown.splitlines()[0] == "## Answer"
    assert "**so** [1]" in body.markdown
    assert "a\\_b \\* c &lt; d &amp; e" in body.markdown
    assert "[2]" not in body.markdown
    assert "1. One" in body.markdown
    assert "  - two" in body.markdown
    assert body.removed == 0


@given(st.text(alphabet="[]()!<>:/.htpw x1\\`*_&#;\n\"'a@", max_size=120))
def test_no_text_leads_anywhere(text: str) -> None:
    shown = tidy(text, [1]).markdown
    assert "](" not in shown.replace("\\]", "")
    assert "![" not in shown.replace("\\!", "").replace("\\[", "")
    assert "<" not in shown
    assert "://" not in shown
    assert "@" not in shown.replace("\\@", "")
    assert "\n" not in inline(text)
