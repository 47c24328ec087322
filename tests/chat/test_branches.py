"""The tree of a conversation."""

from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.chat.branches import Node, Tree
from vectal.chat.errors import (
    BranchPointError,
    MessageNotFoundError,
    NothingToRegenerateError,
)


def id_(number: int) -> UUID:
    return UUID(int=number + 1)


def question(number: int, parent: int | None) -> Node:
    return Node(id_(number), None if parent is None else id_(parent), "user")


def answer(number: int, parent: int) -> Node:
    return Node(id_(number), id_(parent), "assistant")


# 0 ─ 1 ─ 2 ─ 3        an edit (4) beside the second question, two answers (5, 6) to it
#      └─ 4 ─ 5
#          └─ 6
EDITED = Tree(
    [
        question(0, None),
        answer(1, 0),
        question(2, 1),
        answer(3, 2),
        question(4, 1),
        answer(5, 4),
        answer(6, 4),
    ]
)


def test_a_branch_leads_from_the_first_message_to_its_leaf() -> None:
    assert EDITED.branch(id_(5)) == (id_(0), id_(1), id_(4), id_(5))


def test_an_edit_is_a_sibling_of_what_it_edits() -> None:
    assert EDITED.siblings(id_(2)) == (id_(2), id_(4))


def test_a_second_answer_is_a_sibling_of_the_first() -> None:
    assert EDITED.siblings(id_(6)) == (id_(5), id_(6))


def test_the_newest_leaf_is_found_by_the_newest_children() -> None:
    assert EDITED.newest_leaf(id_(0)) == id_(6)
    assert EDITED.newest_leaf(id_(2)) == id_(3)


def test_a_message_goes_below_an_answer_only() -> None:
    assert EDITED.parent_for_text(id_(1)) == id_(1)
    assert EDITED.parent_for_text(None) is None
    with pytest.raises(BranchPointError):
        EDITED.parent_for_text(id_(2))


def test_only_an_answer_is_written_anew() -> None:
    assert EDITED.question_of(id_(6)) == id_(4)
    with pytest.raises(NothingToRegenerateError):
        EDITED.question_of(id_(4))


def test_a_stranger_is_not_in_the_tree() -> None:
    with pytest.raises(MessageNotFoundError):
        EDITED.branch(id_(99))


@st.composite
def trees(draw: st.DrawFn) -> list[Node]:
    """Any conversation that people can make: questions below answers, answers below questions."""
    nodes: list[Node] = [question(0, None)]
    for number in range(1, draw(st.integers(1, 40))):
        parent = draw(st.integers(-1, number - 1))
        if parent < 0 or nodes[parent].role == "assistant":
            nodes.append(question(number, None if parent < 0 else parent))
        else:
            nodes.append(answer(number, parent))
    return nodes


@given(trees(), st.randoms())
def test_any_tree_holds_together(nodes: list[Node], order: Random) -> None:
    shuffled = list(nodes)
    order.shuffle(shuffled)
    tree = Tree(shuffled)
    for node in nodes:
        branch = tree.branch(node.id)
        assert branch[-1] == node.id
        assert tree.get(branch[0]).parent_id is None
        assert all(tree.get(child).parent_id == parent for parent, child in pairwise(branch))
        assert node.id in tree.siblings(node.id)
        leaf = tree.newest_leaf(node.id)
        assert node.id in tree.branch(leaf)
        assert not tree.children(leaf)
