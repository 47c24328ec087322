"""Numbers in brackets: which ones cite, and that a stream tells the same as the whole text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.passages.marks import Mark, MarkReader, find_marks

KNOWN = range(1, 10)


def _numbers(text: str) -> list[int]:
    return [mark.number for mark in find_marks(text, KNOWN)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("The notice is three months [1].", [1]),
        ("The notice is three months.[1]", [1]),
        ("Both say so [1][2], and so does a third[3].", [1, 2, 3]),
        ("Both say so [1, 2] or [3;4].", [1, 2, 3, 4]),
        ("Twice [1, 1].", [1]),
        ("It rose by 12%[1] to 500[2].", [1, 2]),
        ("„Drei Monate“[1]", [1]),
        ("| Rent | 500 [1] |\n|---|---|\n| Deposit | two months [2] |", [1, 2]),
        ("- one [1]\n- two [2]\n> three [3]\n# four [4]", [1, 2, 3, 4]),
        ("**Bold [1]** and *lean [2]*", [1, 2]),
        ("A [word][1] that is no link", [1]),
        ("`code` then [1] and `more`", [1]),
        ("A lone ` tick, then [1]", [1]),
        ("```py\nrows[1] = [2]\n```\nDone [3].", [3]),
        ("~~~\n[1]\n~~~\n[2]", [2]),
        ("- ```\n  [1]\n  ```\n- [2]", [2]),
        ("````\n```\n[1]\n````\n[2]", [2]),
    ],
)
def test_what_cites(text: str, numbers: list[int]) -> None:
    assert _numbers(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "`rows[1]` is code",
        "``a ` [1] b`` is code",
        "A [1](https://example.com) is a link",
        "![1] and ![1](a.png) are images",
        "[1]: https://example.com",
        "> [1]: https://example.com",
        r"An escaped \[1] bracket",
        "A footnote [^1]",
        "x[1], data.items[2], my_list[3], rows2[4] and matrix_a[1][2]",
        "In [2024] and [0], [12] and [1.2], [1-2], [], [a]",
        "- [ ] to do\n- [x] done",
        "```\n[1]",
        "[1",
        "1]",
    ],
)
def test_what_does_not(text: str) -> None:
    assert _numbers(text) == []


def test_unknown_numbers_are_dropped_and_known_ones_beside_them_stay() -> None:
    assert find_marks("See [1, 7].", {1}) == [Mark(4, 10, 1)]
    assert find_marks("See [7].", {1}) == []


_PIECES = st.sampled_from(
    [
        "[1]", "[2]", "[1, 2]", "[3;4]", "[12]", "[", "]", "1", "(", ")", ":", "`", "``", "```",
        "~~~", "\n", "\r\n", " ", "\\", "!", "- ", "> ", "word", "x", "_", "some text ", "é🙂", "|",
    ]
)  # fmt: skip
_TEXTS = st.lists(_PIECES, max_size=40).map("".join)


@given(_TEXTS, st.data())
def test_a_stream_tells_what_the_whole_text_holds(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=20).map(sorted))
    reader = MarkReader(KNOWN)
    told: list[Mark] = []
    pushed = 0
    for start, end in pairwise([0, *cuts, len(text)]):
        new = reader.push(text[start:end])
        pushed = end
        assert all(mark.until <= pushed for mark in new)
        told += new
    told += reader.finish()
    assert told == find_marks(text, KNOWN)
    assert told == sorted(told, key=lambda mark: mark.at)


@given(_TEXTS)
def test_a_mark_is_where_its_number_stands(text: str) -> None:
    for mark in find_marks(text, KNOWN):
        inside = text[mark.at : mark.until]
        assert inside[0] == "["
        assert inside[-1] == "]"
        assert str(mark.number) in inside


def test_a_mark_is_told_with_the_character_after_it() -> None:
    reader = MarkReader(KNOWN)
    assert reader.push("So it is [1") == []
    assert reader.push("]") == []
    assert reader.push(".") == [Mark(9, 12, 1)]
    assert reader.push(" And `so") == []
    assert reader.push(" [2] ") == []
    assert reader.push("` it [3] is") == [Mark(31, 34, 3)]
    assert reader.finish() == []


def test_a_line_without_end_is_cut_the_same_however_it_comes() -> None:
    text = "word [1] " * 6_000
    reader = MarkReader(KNOWN)
    streamed = [
        mark for at in range(0, len(text), 997) for mark in reader.push(text[at : at + 997])
    ]
    assert [*streamed, *reader.finish()] == find_marks(text, KNOWN)
    assert len(streamed) > 5_900
