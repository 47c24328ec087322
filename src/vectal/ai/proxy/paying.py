"""Calls that somebody pays for: the worst case is set aside before, the rest comes back after."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from vectal.ai.budgets.amounts import Actual, Worst
from vectal.ai.budgets.reservation import BudgetGate, Reservation
from vectal.ai.budgets.rules import Subjects
from vectal.ai.ports import ModelEvent, ModelRequest, ProviderFault
from vectal.ai.proxy.attempts import MAX_TARGETS, ModelProxy, input_tokens
from vectal.ai.proxy.costs import actual_cost, worst_cost
from vectal.ai.proxy.record import CallRecord, Target
from vectal.platform.clock import Clock
from vectal.platform.db import DataScope
from vectal.platform.errors import AppError


@dataclass(frozen=True, slots=True)
class Payer:
    """In whose workspace a call is made, and for whom."""

    scope: DataScope
    subjects: Subjects


class PaidProxy:
    """The proxy for one payer. Without a `gate` there are no budgets to keep to."""

    def __init__(
        self, proxy: ModelProxy, gate: BudgetGate | None, payer: Payer, clock: Clock
    ) -> None:
        self._proxy = proxy
        self._gate = gate
        self._payer = payer
        self._clock = clock

    async def stream(
        self,
        targets: Sequence[Target],
        request: ModelRequest,
        deadline_s: float,
        record: CallRecord,
    ) -> AsyncGenerator[ModelEvent]:
        """As the proxy's own; a budget that can't bear the call is a fault of kind `quota`."""
        held = await self._hold(targets[:MAX_TARGETS], request)
        try:
            events = self._proxy.stream(targets, request, deadline_s, record)
            async with aclosing(events):
                async for event in events:
                    yield event
        finally:
            if held is not None:
                settle(held, record, self._clock)

    async def _hold(self, targets: Sequence[Target], request: ModelRequest) -> Reservation | None:
        if self._gate is None:
            return None
        inputs = input_tokens(request)
        cost = worst_cost(targets, inputs, request.max_output_tokens, self._clock.now())
        worst = Worst(cost, inputs + request.max_output_tokens)
        try:
            return await self._gate.reserve(self._payer.scope, self._payer.subjects, worst)
        except AppError as error:
            raise ProviderFault("quota", error.detail or error.title) from error


def settle(held: Reservation, record: CallRecord, clock: Clock) -> int | None:
    """Pay for what was used; returns its cost, None when nobody knows the price."""
    target = record.target
    if target is None or not record.tries:
        held.release()
        return None
    cost = actual_cost(target, record.usage, clock.now())
    held.settle(Actual(cost, record.usage.input_tokens + record.usage.output_tokens))
    return cost
