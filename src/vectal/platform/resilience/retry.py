"""Retries: few, spread out, and never more than a tenth of the calls.

A retry helps one caller when one call was unlucky, and hurts all of them when the other side is
down. The budget tells the two apart. Where many share a process each has a budget of its own, or
the one whose other side is down would take the retries of all.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from vectal.platform.resilience.deadline import current_deadline

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

BUDGETS: Final = 1_000
"""How many are kept; each is two floats and a reference."""


class RetryBudget:
    """A token bucket that calls fill and retries empty.

    Each call puts in `ratio` of a token, each retry takes one; `reserve` lets who calls seldom
    retry at all, and is what the bucket holds at most.
    """

    def __init__(self, *, ratio: float = 0.1, reserve: float = 10.0) -> None:
        if not 0 <= ratio <= 1 or reserve < 0:
            raise ValueError("ratio lies between 0 and 1, reserve is not negative")
        self._ratio = ratio
        self._reserve = reserve
        self._tokens = reserve

    @property
    def tokens(self) -> float:
        return self._tokens

    def note_call(self) -> None:
        """A first try was made."""
        self.note_calls(1)

    def note_calls(self, count: int) -> None:
        """So many first tries were made."""
        self._tokens = min(self._reserve, self._tokens + self._ratio * count)

    def take_retry(self) -> bool:
        """Whether a retry may be made now; it counts as made when so."""
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class RetryBudgets(Generic[K]):
    """A budget for each key, made on first use. Their number is bounded: the stalest goes first.

    Who comes back after that begins with a full reserve. To get there `size` others have to call.
    """

    def __init__(self, *, ratio: float = 0.1, reserve: float = 10.0, size: int = BUDGETS) -> None:
        RetryBudget(ratio=ratio, reserve=reserve)  # raises for what makes no sense
        if size < 1:
            raise ValueError("size is at least 1")
        self._ratio = ratio
        self._reserve = reserve
        self._size = size
        self._budgets: OrderedDict[K, RetryBudget] = OrderedDict()

    def find(self, key: K) -> RetryBudget:
        budget = self._budgets.get(key)
        if budget is None:
            budget = self._budgets[key] = RetryBudget(ratio=self._ratio, reserve=self._reserve)
            if len(self._budgets) > self._size:
                self._budgets.popitem(last=False)
        self._budgets.move_to_end(key)
        return budget


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often and how far apart; pauses are drawn below a bound that doubles (full jitter)."""

    attempts: int = 3
    first_s: float = 0.2
    longest_s: float = 10.0

    def pause_s(self, failures: int, draw: Callable[[], float] = random.random) -> float:
        """The pause after the given number of failures, 1 or more."""
        exponent = min(failures - 1, 32)
        return draw() * min(self.longest_s, self.first_s * 2.0**exponent)


async def retry(
    call: Callable[[], Awaitable[T]],
    *,
    rule: RetryRule,
    is_retryable: Callable[[Exception], bool],
    budget: RetryBudget | None = None,
    ask_pause: Callable[[Exception], float | None] | None = None,
) -> T:
    """Call until it succeeds, fails for good, or rule, budget or deadline end it.

    `ask_pause` reads from a failure how long the other side wants to be left alone; a wish past
    `longest_s` or the deadline ends the tries. What is raised is the last failure.
    """
    failures = 0
    if budget is not None:
        budget.note_call()
    while True:
        try:
            return await call()
        except Exception as error:
            failures += 1
            pause = _find_pause(error, failures, rule, ask_pause)
            if pause is None or failures >= rule.attempts or not is_retryable(error):
                raise
            if budget is not None and not budget.take_retry():
                raise
        await asyncio.sleep(pause)


def _find_pause(
    error: Exception,
    failures: int,
    rule: RetryRule,
    ask_pause: Callable[[Exception], float | None] | None,
) -> float | None:
    """How long to wait, or None when that would be too long."""
    pause = rule.pause_s(failures)
    wish = None if ask_pause is None else ask_pause(error)
    if wish is not None:
        if wish > rule.longest_s:
            return None
        pause = max(pause, wish)
    deadline = current_deadline()
    if deadline is not None and pause >= deadline.remaining():
        return None
    return pause
