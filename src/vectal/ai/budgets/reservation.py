"""A reservation: the worst case of one call, held against every budget that applies to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.holding import Holding
from vectal.ai.budgets.rules import Subjects
from vectal.platform.db import DataScope


class Reservation:
    """Ends once, by `settle` or `release`; until then it counts as used."""

    __slots__ = ("_amounts", "_holdings", "_is_open")

    def __init__(self, holdings: Sequence[Holding], amounts: Sequence[int]) -> None:
        self._holdings = holdings
        self._amounts = amounts
        self._is_open = True

    @property
    def is_open(self) -> bool:
        return self._is_open

    def settle(self, actual: Actual) -> None:
        """Charge what the call took, be it less or more than was reserved."""
        if min(actual.tokens, actual.requests, actual.cost_units or 0) < 0:
            raise ValueError(f"a call can't take less than nothing: {actual}")
        self._end()
        for holding, amount in zip(self._holdings, self._amounts, strict=True):
            used = actual[holding.place]
            holding.settle(amount, amount if used is None else used)

    def release(self) -> None:
        """Charge nothing: the call was not sent."""
        self._end()
        for holding, amount in zip(self._holdings, self._amounts, strict=True):
            holding.put_back(amount)

    def _end(self) -> None:
        if not self._is_open:
            raise RuntimeError("this reservation was settled or released before")
        self._is_open = False


class BudgetGate(Protocol):
    """Where calls ask before they are sent. Raises `BudgetExceededError` and its kin."""

    def try_reserve(
        self, scope: DataScope, subjects: Subjects, worst: Worst
    ) -> Reservation | None: ...

    async def reserve(self, scope: DataScope, subjects: Subjects, worst: Worst) -> Reservation: ...


def take(holdings: Sequence[Holding], worst: Worst) -> Reservation | None:
    """Reserve from what is free here, from all or from none; None when some have too little."""
    amounts: list[int] = []
    for holding in holdings:
        amount = worst[holding.place]
        if amount is None or not 0 <= amount <= holding.free:
            return None
        amounts.append(amount)
    for holding, amount in zip(holdings, amounts, strict=True):
        holding.free -= amount
        holding.open += 1
        holding.taken += amount
    return Reservation(holdings, amounts)
