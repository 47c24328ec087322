"""The keys of a manual order sort as bytes, never run out, and stay short where people append."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.tasks.ordering import (
    LONG,
    PositionError,
    between,
    is_in_order,
    is_long,
    is_position,
    spread,
)


@given(st.lists(st.integers(min_value=0, max_value=10_000), min_size=1, max_size=200))
def test_there_is_always_room_between_two_neighbours(slots: list[int]) -> None:
    keys: list[str] = []
    for slot in slots:
        at = slot % (len(keys) + 1)
        before = keys[at - 1] if at else None
        after = keys[at] if at < len(keys) else None
        keys.insert(at, between(before, after))
    assert is_in_order(keys)
    assert all(is_position(key) for key in keys)


@given(st.integers(min_value=1, max_value=300), st.integers(min_value=0, max_value=300))
def test_spread_keeps_order_between_its_bounds(count: int, offset: int) -> None:
    low = spread(None, None, offset + 1)[-1]
    high = between(low, None)
    for before, after in ((None, None), (low, None), (None, low), (low, high)):
        keys = spread(before, after, count)
        assert len(keys) == count
        bounded = [*([before] if before else []), *keys, *([after] if after else [])]
        assert is_in_order(bounded)
        assert all(is_position(key) for key in keys)


def test_appending_a_hundred_thousand_times_stays_short() -> None:
    key = between(None, None)
    for _ in range(100_000):
        following = between(key, None)
        assert key < following
        key = following
    assert len(key) <= 4


def test_prepending_a_hundred_thousand_times_stays_short() -> None:
    key = between(None, None)
    for _ in range(100_000):
        preceding = between(None, key)
        assert preceding < key
        key = preceding
    assert len(key) <= 4


def test_one_gap_takes_hundreds_of_insertions_before_it_asks_to_be_spread() -> None:
    low, high = spread(None, None, 2)
    insertions = 0
    while not is_long(low):
        low = between(low, high)
        insertions += 1
    assert insertions > 4 * LONG
    low, high = spread(None, None, 2)
    assert max(map(len, spread(low, high, insertions))) < 8


def test_the_smallest_integer_still_has_room_below() -> None:
    smallest = "A" + "0" * 26
    key = smallest + "V"
    below = between(None, key)
    assert below < key
    assert between(None, below) < below


def test_the_largest_integer_still_has_room_above() -> None:
    key = "z" * 27
    above = between(key, None)
    assert key < above < between(above, None)


@pytest.mark.parametrize("key", ["", "0", "a", "a00", "a-", "é0", "A" + "0" * 26, "b1"])
def test_foreign_keys_are_refused(key: str) -> None:
    assert not is_position(key)
    with pytest.raises(PositionError):
        between(key, None)


def test_keys_in_the_wrong_order_are_refused() -> None:
    low, high = spread(None, None, 2)
    for before, after in ((high, low), (low, low)):
        with pytest.raises(PositionError):
            between(before, after)
