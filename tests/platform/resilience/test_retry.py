"""Retries stay few: by rule, by budget, by deadline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.platform.resilience import RetryBudget, RetryBudgets, RetryRule, retry, within

AT_ONCE = RetryRule(attempts=4, first_s=0.0)


class Flaky:
    """Fails a number of times, then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def call(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def _is_passing(error: Exception) -> bool:
    return isinstance(error, ConnectionError)


async def test_a_passing_failure_is_tried_again() -> None:
    flaky = Flaky(ConnectionError(), ConnectionError())
    assert await retry(flaky.call, rule=AT_ONCE, is_retryable=_is_passing) == "done"
    assert flaky.calls == 3


async def test_a_lasting_failure_is_raised_at_once() -> None:
    flaky = Flaky(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        await retry(flaky.call, rule=AT_ONCE, is_retryable=_is_passing)
    assert flaky.calls == 1


async def test_the_last_failure_is_the_one_raised() -> None:
    flaky = Flaky(*(ConnectionError(n) for n in range(9)))
    with pytest.raises(ConnectionError, match="3"):
        await retry(flaky.call, rule=AT_ONCE, is_retryable=_is_passing)
    assert flaky.calls == 4


async def test_an_empty_budget_ends_the_tries() -> None:
    budget = RetryBudget(ratio=0.0, reserve=1.0)
    first, second = (Flaky(ConnectionError(), ConnectionError()) for _ in range(2))
    for flaky in (first, second):
        with pytest.raises(ConnectionError):
            await retry(flaky.call, rule=AT_ONCE, is_retryable=_is_passing, budget=budget)
    assert (first.calls, second.calls) == (2, 1)


async def test_a_wish_for_too_long_a_pause_ends_the_tries() -> None:
    flaky = Flaky(ConnectionError())
    with pytest.raises(ConnectionError):
        await retry(flaky.call, rule=AT_ONCE, is_retryable=_is_passing, ask_pause=lambda _: 3_600.0)
    assert flaky.calls == 1


async def test_no_try_begins_past_the_deadline() -> None:
    flaky = Flaky(ConnectionError())
    with pytest.raises(ConnectionError):
        async with within(1):
            await retry(flaky.call, rule=AT_ONCE, is_retryable=_is_passing, ask_pause=lambda _: 2.0)
    assert flaky.calls == 1


@given(st.lists(st.booleans(), max_size=500), st.floats(0, 1), st.floats(0, 20))
def test_retries_never_pass_their_share(steps: list[bool], ratio: float, reserve: float) -> None:
    """True is a call, False a wish to retry."""
    budget = RetryBudget(ratio=ratio, reserve=reserve)
    calls = retries = 0
    for is_call in steps:
        if is_call:
            budget.note_call()
            calls += 1
        else:
            retries += budget.take_retry()
        assert 0 <= budget.tokens <= reserve
        assert retries <= reserve + ratio * calls + 1e-6


def test_each_key_has_a_budget_of_its_own() -> None:
    budgets: RetryBudgets[str] = RetryBudgets(ratio=0.1, reserve=2.0)
    noisy = budgets.find("noisy")
    while noisy.take_retry():
        pass
    assert budgets.find("noisy") is noisy
    assert budgets.find("quiet").tokens == 2.0


def test_the_budget_unused_for_longest_goes_first() -> None:
    budgets: RetryBudgets[int] = RetryBudgets(reserve=1.0, size=2)
    first = budgets.find(1)
    budgets.find(2)
    assert budgets.find(1) is first
    assert budgets.find(2).take_retry()
    assert budgets.find(1) is first
    budgets.find(3)  # pushes 2 out, not 1
    assert budgets.find(1) is first
    assert budgets.find(2).tokens == 1.0  # begins anew


def test_a_map_of_no_budgets_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="size"):
        RetryBudgets(size=0)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_pauses_are_bounded(failures: int, drawn: float) -> None:
    rule = RetryRule(first_s=0.5, longest_s=8.0)
    pause = rule.pause_s(failures, lambda: drawn)
    assert 0 <= pause <= min(8.0, 0.5 * 2 ** min(failures - 1, 10))


@pytest.mark.parametrize(("ratio", "reserve"), [(-0.1, 1), (1.1, 1), (0.1, -1)])
def test_a_budget_must_make_sense(ratio: float, reserve: float) -> None:
    with pytest.raises(ValueError, match="ratio"):
        RetryBudget(ratio=ratio, reserve=reserve)
