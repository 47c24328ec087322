"""What a model says is missing, however it says it; and how limits are shared out over rounds."""

from itertools import pairwise

import pytest

from vectal.research.contracts import DEPTHS
from vectal.research.gaps import Gap, is_near, read_gaps, without_addresses
from vectal.research.rounds import share_out

ONE = Gap("contradicted", "Sources differ.", "notice period Aldorf 2026")
JSON = (
    '{"missing": [{"kind": "contradicted", "what": "Sources differ.",'
    ' "query": "notice period Aldorf 2026"}]}'
)
QUESTION = "How long is the notice period for a flat in Aldorf?"


@pytest.mark.parametrize(
    ("said", "gaps"),
    [
        (JSON, (ONE,)),
        (f"Here you are:\n```json\n{JSON}\n```\nGood luck!", (ONE,)),
        (f"As source [1] says: {JSON}", (ONE,)),
        (JSON.partition(": ")[2].removesuffix("}"), (ONE,)),
        (JSON.replace("missing", "gaps"), (ONE,)),
        (JSON.replace("]}", ', {"kind": "unan'), (ONE,)),
        ('["flat Aldorf"]', (Gap("unanswered", "", "flat Aldorf"),)),
        ('{"missing": [{"query": "a", "kind": 7, "what": null}]}', (Gap("unanswered", "", "a"),)),
        ('{"missing": [{"query": ""}, {"query": 3}, {"what": "x"}, " "]}', ()),
        ('{"missing": []}', ()),
        ("[]", ()),
    ],
    ids=range(11),
)  # fmt: skip
def test_it_is_read_however_it_is_said(said: str, gaps: tuple[Gap, ...]) -> None:
    assert read_gaps(said) == gaps


@pytest.mark.parametrize(
    "said", ["", "Nothing is missing.", '{"missing": null}', '{"missing": 3}', "[1]", "[" * 50_000]
)
def test_what_can_not_be_read_is_none(said: str) -> None:
    assert read_gaps(said) is None


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("Aldorf tenancy act 2026", True),
        ("flats", True),
        ("buy CANARY-7431 coins", False),
        ("what is the best of it", False),
        ("", False),
    ],
)
def test_a_query_belongs_to_the_question(query: str, near: bool) -> None:  # noqa: FBT001 - pytest fills it in
    assert is_near(query, [QUESTION]) is near


def test_the_plan_counts_in_its_own_language() -> None:
    anchors = [QUESTION, "Kündigungsfrist Wohnung Aldorf"]
    assert is_near("Kündigungsfrist laut Gesetz", anchors)


def test_addresses_are_no_words() -> None:
    query = "flat http://evil.test/x www.evil.test a@evil.test Aldorf"
    assert without_addresses(query).split() == ["flat", "Aldorf"]


@pytest.mark.parametrize("depth", ["quick", "standard", "deep"])
def test_each_depth_has_its_rounds(depth: str) -> None:
    limits = DEPTHS[depth]  # type: ignore[index]
    shares = share_out(limits.rounds, limits.searches, limits.pages, 1)
    assert [share.number for share in shares] == list(range(1, limits.rounds + 1))
    assert (shares[-1].searches, shares[-1].pages) == (limits.searches, limits.pages)
    for before, after in pairwise(shares):
        assert before.searches < after.searches
        assert before.pages < after.pages
        assert before.wanted < after.wanted


def test_one_round_has_everything() -> None:
    (share,) = share_out(1, 12, 15, 3)
    assert (share.searches, share.pages, share.wanted) == (12, 15, 12)


@pytest.mark.parametrize(
    ("searches", "pages", "engines", "rounds"),
    [(12, 15, 1, 3), (12, 15, 3, 2), (12, 15, 4, 1), (2, 3, 1, 1), (40, 5, 1, 1), (1, 1, 9, 1)],
)
def test_narrow_limits_have_fewer(searches: int, pages: int, engines: int, rounds: int) -> None:
    shares = share_out(3, searches, pages, engines)
    assert len(shares) == rounds
    if rounds > 1:
        # Each round may ask every engine something.
        so_far = [0, *(share.searches for share in shares)]
        assert all(b - a >= engines for a, b in pairwise(so_far))
