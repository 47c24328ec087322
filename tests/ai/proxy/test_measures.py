"""What is remembered of calls: bounded, rounded, and forgotten in time."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.proxy.measures import (
    HALF_LIFE_S,
    LEAST_SAMPLES,
    LONGEST_AGE_S,
    MAX_OFFERS,
    MAX_SAMPLES,
    SNAPSHOT_AGE_S,
    Measured,
    Measures,
    round_ms,
)
from vectal.platform.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 23, tzinfo=UTC))


@pytest.fixture
def measures(clock: FixedClock) -> Measures:
    return Measures(clock)


def _note(
    measures: Measures, first_ms: int = 500, times: int = LEAST_SAMPLES, *, ok: bool = True
) -> None:
    for _ in range(times):
        measures.note("a", first_ms if ok else None, first_ms * 2, ok=ok)


def test_medians_are_rounded_to_half_doublings(measures: Measures) -> None:
    for first_ms in (100, 480, 500, 520, 9_000):
        measures.note("a", first_ms, first_ms * 4, ok=True)
    assert measures.snapshot() == {"a": Measured(512, 2_048, 0.0)}


def test_few_calls_say_nothing(measures: Measures) -> None:
    _note(measures, times=LEAST_SAMPLES - 1)
    assert measures.snapshot() == {}


def test_the_share_of_errors_goes_by_steps_of_five_percent(measures: Measures) -> None:
    _note(measures, times=17)
    _note(measures, times=3, ok=False)
    assert measures.snapshot()["a"].error_share == pytest.approx(0.15)


def test_without_an_answer_there_is_no_time(measures: Measures) -> None:
    _note(measures, ok=False)
    assert measures.snapshot() == {"a": Measured(None, None, 1.0)}


def test_newer_calls_count_for_more(measures: Measures, clock: FixedClock) -> None:
    _note(measures, 4_000, times=10)
    clock.advance(2 * HALF_LIFE_S)
    _note(measures, 250, times=4)
    assert measures.snapshot()["a"].first_token_ms == 256


def test_old_calls_are_forgotten(measures: Measures, clock: FixedClock) -> None:
    _note(measures)
    clock.advance(LONGEST_AGE_S + 1)
    assert measures.snapshot() == {}


def test_a_snapshot_holds_for_a_moment(measures: Measures, clock: FixedClock) -> None:
    assert measures.snapshot() == {}
    _note(measures)
    assert measures.snapshot() == {}
    clock.advance(SNAPSHOT_AGE_S)
    assert measures.snapshot() != {}


def test_memory_is_bounded(measures: Measures) -> None:
    for number in range(MAX_OFFERS + 10):
        for _ in range(LEAST_SAMPLES):
            measures.note(str(number), 1, 1, ok=True)
    snapshot = measures.snapshot()
    assert len(snapshot) == MAX_OFFERS
    assert "0" not in snapshot


def test_only_the_newest_calls_of_an_offer_are_kept(measures: Measures) -> None:
    _note(measures, ok=False, times=100)
    _note(measures, times=MAX_SAMPLES)
    assert measures.snapshot()["a"].error_share == 0


@given(st.integers(0, 10_000_000))
def test_rounding_is_near_and_stays_where_it_is(value: int) -> None:
    rounded = round_ms(value)
    assert rounded is not None
    assert round_ms(rounded) == rounded
    assert abs(math.log2(max(1, rounded) / max(1, value))) <= 0.3


@given(st.lists(st.tuples(st.integers(0, 100_000), st.booleans()), max_size=60))
def test_whatever_is_noted_can_be_read(noted: list[tuple[int, bool]]) -> None:
    measures = Measures(FixedClock(datetime(2026, 11, 23, tzinfo=UTC)))
    for first_ms, ok in noted:
        measures.note("a", first_ms if ok else None, first_ms, ok=ok)
    for measured in measures.snapshot().values():
        assert 0 <= measured.error_share <= 1
        assert (measured.error_share * 20) % 1 == pytest.approx(0, abs=1e-9)
